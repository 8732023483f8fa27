package config

import (
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// joinPlain puts plain texts with colons in a list together again, as YAML has
// them (1.2, 7.3.3: a colon ends a plain text only before a space): within
// {open: [08:00-12:00]} the lexer cuts one at each colon and makes it a mapping.
func joinPlain(tokens token.Tokens) token.Tokens {
	var out token.Tokens
	var open []token.Type
	for i := 0; i < len(tokens); i++ {
		tk := tokens[i]
		switch tk.Type {
		case token.SequenceStartType, token.MappingStartType:
			open = append(open, tk.Type)
		case token.SequenceEndType, token.MappingEndType:
			open = open[:max(len(open)-1, 0)]
		default:
		}
		inList := len(open) > 0 && open[len(open)-1] == token.SequenceStartType
		if inList && len(out) > 0 && i+1 < len(tokens) && cutAt(out[len(out)-1], tk, tokens[i+1]) {
			left, right := out[len(out)-1], tokens[i+1]
			out = relink(out[:len(out)-1], token.String(left.Value+":"+right.Value, left.Origin+":"+right.Origin, left.Position))
			i++
			continue
		}
		out = relink(out, tk)
	}
	return out
}

// cutAt reports whether a colon stands between two plain texts without any space.
func cutAt(left, colon, right *token.Token) bool {
	return colon.Type == token.MappingValueType && isPlain(left) && isPlain(right) &&
		left.Position.Line == colon.Position.Line && right.Position.Line == colon.Position.Line &&
		left.Position.Column+utf8.RuneCountInString(left.Value) == colon.Position.Column &&
		right.Position.Column == colon.Position.Column+1
}

func isPlain(tk *token.Token) bool {
	return tk.Indicator == token.NotIndicator && tk.CharacterType == token.CharacterTypeMiscellaneous && tk.Position != nil
}

// relink appends a token that may have had other neighbours.
func relink(tokens token.Tokens, tk *token.Token) token.Tokens {
	tk.Prev, tk.Next = nil, nil
	tokens.Add(tk)
	return tokens
}
