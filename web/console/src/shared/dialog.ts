// What names a call's dialog, so that a later INVITE can take its place (RFC 3891). Nothing of it is secret: without the
// account's token it opens nothing.

export interface Dialog {
  id: string;
  /** Our tag. */
  ours: string;
  /** The node's tag. */
  theirs: string;
}

/** Named is a message of the dialog; JsSIP's types leave the tags out. */
interface Named {
  call_id: string;
  from_tag: string;
  to_tag: string;
}

/** dialogOf reads the INVITE that began a dialog, or the answer to ours. */
export function dialogOf(message: unknown, incoming: boolean): Dialog {
  const m = message as Named;
  return incoming
    ? { id: m.call_id, ours: m.to_tag, theirs: m.from_tag }
    : { id: m.call_id, ours: m.from_tag, theirs: m.to_tag };
}

/** replaces are the headers of an INVITE that takes a dialog's place; the tags are named from the node's side. */
export function replaces(d: Dialog): string[] {
  return [`Replaces: ${d.id};to-tag=${d.theirs};from-tag=${d.ours}`, 'Require: replaces'];
}

/** onHold has an offer say that the other side is on hold, as a re-INVITE would. */
export function onHold(sdp: string): string {
  return sdp.replace(/^a=sendrecv(?=\r?$)/gm, 'a=sendonly');
}
