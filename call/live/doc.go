// Package live is the actor that lives one call from INVITE to archive.
package live
