package config

import "strings"

// flow reads {…} or […].
func (q *quick) flow() *value {
	q.depth++
	q.sure(q.depth <= maxFlowDepth)
	v := q.value(kindList, q.here())
	end := byte(']')
	if q.s[q.i] == '{' {
		v.kind, end = kindMap, '}'
	}
	q.i++
	pairs := len(q.pairs)
	for first := true; ; first = false {
		q.flowSpaces()
		if q.at(end) {
			q.sure(first)
			q.i++
			q.depth--
			return v
		}
		if v.kind == kindList {
			v.list = append(v.list, q.item())
		} else {
			q.flowPair(pairs)
		}
		q.flowSpaces()
		if q.at(',') {
			q.i++
			q.flowSpaces()
			q.sure(!q.at(end))
			continue
		}
		q.sure(q.at(end))
		q.i++
		q.depth--
		v.pairs = q.keep(pairs)
		return v
	}
}

func (q *quick) at(c byte) bool { return q.i < len(q.s) && q.s[q.i] == c }

// flowSpaces goes over spaces, comments and ends of lines within brackets. What goes on in another line stands further in than the block.
func (q *quick) flowSpaces() {
	for q.i < len(q.s) {
		before := q.i
		q.spaces()
		switch {
		case q.at('#'):
			q.sure(q.i > before || q.i == q.bol)
			q.comment()
		case q.at('\n'):
			q.newLine()
			q.spaces()
			q.sure(q.at('\n') || q.at('#') || q.indent() > q.within)
			q.i = q.bol
		default:
			q.sure(q.i < len(q.s))
			return
		}
	}
	panic(givenUp{})
}

// item reads a value within brackets.
func (q *quick) item() *value {
	if q.at('{') || q.at('[') {
		return q.flow()
	}
	v := q.scalar(true)
	q.sure(v.kind == kindScalar && !q.at(':'))
	return v
}

func (q *quick) flowPair(first int) {
	key := q.scalar(true)
	q.sure(key.kind == kindScalar && q.at(':') && q.peek(1) == ' ')
	q.i++
	q.flowSpaces()
	q.pair(first, key, q.item())
}

// scalar reads a text of one line, plain or in quotes, and goes on to what stands behind it and the spaces there; plain
// words that mean nothing are kindEmpty.
func (q *quick) scalar(flow bool) *value {
	q.sure(q.i < len(q.s))
	v := q.value(kindScalar, q.here())
	switch q.s[q.i] {
	case '"':
		v.quoted, v.text = true, q.doubleQuoted()
	case '\'':
		v.quoted, v.text = true, q.singleQuoted()
	default:
		v.text = q.plainText(flow)
		if v.text == "~" || strings.EqualFold(v.text, "null") {
			q.sure(v.text == "~" || v.text == "null")
			v.kind, v.text = kindEmpty, ""
		}
		return v
	}
	if behind := q.i; q.peek(0) == ' ' { // only a key's colon, a comma or a bracket may stand further off
		if q.spaces(); q.at('#') || !flow && q.at(':') {
			q.i = behind
		}
	}
	return v
}

// plainText reads one without quotes, to the end of the line, a comment or a colon; within brackets to a comma or bracket. A
// colon that nothing follows is no end; within brackets it gives up at it, as readers do not agree there.
func (q *quick) plainText(flow bool) string {
	first := q.s[q.i]
	q.sure(strings.IndexByte("-?:,[]{}#&*!|>'\"%@`<=.+~", first) < 0 || plainFirst(first, q.peek(1)))
	begin, end := q.i, q.i
	for ; q.i < len(q.s) && q.s[q.i] != '\n'; q.i++ {
		c := q.s[q.i]
		switch {
		case c == ' ':
			continue
		case c == '#' && q.s[q.i-1] == ' ':
			q.i = end
			return q.s[begin:end]
		case c == ':' && (q.peek(1) == ' ' || q.peek(1) == '\n'):
			q.sure(end == q.i)
			return q.s[begin:end]
		case flow && c == ':':
			panic(givenUp{})
		case flow && (c == ',' || c == ']' || c == '}'):
			q.i = end
			return q.s[begin:end]
		case strings.IndexByte(oddInPlain, c) >= 0:
			panic(givenUp{})
		}
		end = q.i + 1
	}
	q.sure(q.i == end) // of a text with spaces behind it they do not agree where it begins
	return q.s[begin:end]
}

// oddInPlain are signs whose readers do not agree where they, or what stands behind them, are.
const oddInPlain = "\"'`\\[]{}<>&*!|%@?"

// plainFirst reports whether a text may begin so: what is a sign elsewhere must have a word behind it.
func plainFirst(c, next byte) bool {
	word := next >= '0' && next <= '9' || next >= 'a' && next <= 'z' || next >= 'A' && next <= 'Z'
	return c == '~' && !word || (c == '-' || c == '+' || c == '.') && (word || c == '.' && next == '/')
}

func (q *quick) singleQuoted() string {
	q.i++
	begin := q.i
	doubled := false
	for {
		end := strings.IndexAny(q.s[q.i:], "'\n")
		q.sure(end >= 0 && q.s[q.i+end] == '\'')
		q.i += end
		if q.peek(1) != '\'' || q.i+1 >= len(q.s) {
			break
		}
		doubled = true
		q.i += 2
	}
	text := q.s[begin:q.i]
	q.i++
	if doubled {
		return strings.ReplaceAll(text, "''", "'")
	}
	return text
}

func (q *quick) doubleQuoted() string {
	q.i++
	begin := q.i
	var out []byte
	for {
		end := strings.IndexAny(q.s[q.i:], "\"\\\n")
		q.sure(end >= 0 && q.s[q.i+end] != '\n')
		if q.s[q.i+end] == '\\' {
			c := q.s[q.i+end : min(q.i+end+2, len(q.s))]
			q.sure(c == `\"` || c == `\\`)
			out = append(append(out, q.s[q.i:q.i+end]...), c[1])
			q.i += end + 2
			continue
		}
		text := q.s[q.i : q.i+end]
		q.i += end + 1
		if out == nil {
			return q.s[begin : q.i-1]
		}
		return string(append(out, text...))
	}
}
