// Package web is the node's HTTP side: the API under /api/v1 with its OpenAPI
// document, live events, health and metrics.
//
// It declares what it needs of the other rooms in doors.go; internal/app joins
// them. Who may do what is one table, in roles.go; what customers' data is
// masked for whom is one function, in mask.go.
package web
