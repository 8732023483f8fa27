package app

import (
	"context"
	"errors"
)

// closeRooms closes what was opened, the outside first; what the rooms before wrote is on the disk when the last one is closed.
func (a *App) closeRooms(ctx context.Context) error {
	err := errors.Join(a.closeEdges(ctx), a.closeFloor(ctx), a.closeSound(ctx))
	if a.clerk != nil {
		a.clerk.stop()
	}
	if a.store != nil {
		err = errors.Join(err, a.store.Flush(ctx), a.store.Close())
	}
	return err
}

// closeEdges closes what is heard and seen of the node.
func (a *App) closeEdges(ctx context.Context) (err error) {
	if a.papers != nil {
		a.papers.close()
	}
	if a.web != nil {
		err = a.web.Stop(ctx)
	}
	if a.outside != nil {
		a.outside.Close(ctx)
	}
	a.codes.stop(ctx) // before the wire is gone by which they say goodbye
	a.shifts.stop(ctx)
	if a.sip != nil {
		err = errors.Join(err, a.sip.Stop(ctx))
	}
	if a.visiting {
		a.visits.stop()
	}
	return err
}

// closeFloor closes routing, and what tells and asks others.
func (a *App) closeFloor(ctx context.Context) (err error) {
	if a.acd != nil {
		a.keeper.stop()
		a.acd.Stop()
		a.book.stop()
	}
	if a.tape != nil {
		a.tape.Close()
	}
	if a.pager != nil {
		a.pager.stop()
	}
	if a.dips != nil {
		a.dips.Stop()
	}
	if a.hooks != nil {
		err = a.hooks.Stop(ctx)
	}
	return err
}

// closeSound closes who records and listens, and then the sound itself.
func (a *App) closeSound(ctx context.Context) (err error) {
	a.thrift.stop()
	if a.janitor != nil {
		a.janitor.stop()
		a.archive.Close()
	}
	if a.voice != nil {
		a.voice.Stop()
	}
	if a.ears != nil {
		a.ears.Stop()
	}
	if a.forks != nil {
		err = a.forks.Close(ctx)
	}
	if a.recorder != nil {
		err = errors.Join(err, a.recorder.Close(ctx))
	}
	if a.media != nil {
		a.media.Close()
	}
	return err
}
