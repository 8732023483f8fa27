package app

import (
	"crypto/rand"

	"github.com/oklog/ulid/v2"

	"hotline/call"
)

// ids makes ULIDs: sortable by time, unguessable otherwise.
type ids struct{}

func newULID() string { return ulid.MustNew(ulid.Now(), rand.Reader).String() }

// Call makes the id of a call.
func (ids) Call() call.ID { return call.ID(newULID()) }

// Leg makes the id of a leg.
func (ids) Leg() call.LegID { return call.LegID(newULID()) }

// Callback makes the id of a callback.
func (ids) Callback() call.CallbackID { return call.CallbackID(newULID()) }

// Recording makes the id of a recording.
func (ids) Recording() call.RecordingID { return call.RecordingID(newULID()) }
