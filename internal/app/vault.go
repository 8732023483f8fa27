package app

import (
	"hotline/call"
	"hotline/sip"
	"hotline/store"
	"hotline/web"
)

// vault keeps the signalling room's live state in the journal.
type vault struct {
	store *store.Store
	hub   *web.Hub
}

// SaveDialog keeps a dialog as it is now.
func (v vault) SaveDialog(d sip.DialogState) { v.store.Put(store.KindDialog, string(d.Leg), d) }

// DropDialog forgets a dialog that has ended.
func (v vault) DropDialog(leg call.LegID) { v.store.Delete(store.KindDialog, string(leg)) }

// SaveBinding keeps a phone's registration.
func (v vault) SaveBinding(b sip.Binding) {
	v.store.Put(store.KindBinding, bindingKey(b.Account, b.Key()), b)
}

// DropBinding forgets one.
func (v vault) DropBinding(phone, key string) {
	v.store.Delete(store.KindBinding, bindingKey(phone, key))
}

func bindingKey(phone, key string) string { return phone + "\x00" + key }
