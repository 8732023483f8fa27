package live

// mailbox is where the messages of a call or a shift wait for its goroutine.
type mailbox struct {
	mail chan Message
	done chan struct{} // closed when nobody reads any more; then unheard is called once
	// missed answers a message that nobody handles any more. It is called from any goroutine.
	missed func(Message)
}

func newMailbox(size int, missed func(Message)) mailbox {
	return mailbox{mail: make(chan Message, size), done: make(chan struct{}), missed: missed}
}

// Done is closed when it is over.
func (b *mailbox) Done() <-chan struct{} { return b.done }

// Tell delivers a message that must not be lost and that nothing would repeat (a recording closed). It may be called from
// any goroutine and never blocks; false: it is over. A full mailbox is waited for elsewhere, until then.
func (b *mailbox) Tell(m Message) bool {
	select {
	case <-b.done:
		return false
	default:
	}
	select {
	case b.mail <- m:
		b.ifOver()
	default:
		go func() {
			select {
			case b.mail <- m:
				b.ifOver()
			case <-b.done:
				b.missed(m)
			}
		}()
	}
	return true
}

// ifOver looks, after a message was put into the mailbox, whether it was over by then: either the goroutine sees the
// message before it ends, or this does.
func (b *mailbox) ifOver() {
	select {
	case <-b.done:
		b.unheard()
	default:
	}
}

// unheard sees to what came as it was over. It is called from any goroutine.
func (b *mailbox) unheard() {
	for {
		select {
		case m := <-b.mail:
			b.missed(m)
		default:
			return
		}
	}
}
