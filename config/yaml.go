package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"hotline/ivr"
)

// pos is a place in a file, counted from 1.
type pos = ivr.Pos

// Limits of one file: what a person writes stays far below, what an attacker
// sends to the site API must not cost more.
const (
	maxFileBytes   = 8 << 20
	maxFlowDepth   = 64  // of […] and {…}
	maxBlockColumn = 400 // where a block's key or dash may stand; each level of nesting moves it on
)

// kind is what a value is.
type kind uint8

const (
	kindEmpty kind = iota // a key without a value, or null
	kindScalar
	kindList
	kindMap
)

var kinds = []string{"nothing", "a text", "a list", "a mapping"}

// value is one YAML value and where it stands: all that the readers know of YAML.
type value struct {
	at     pos
	kind   kind
	text   string // of a scalar, unquoted
	quoted bool   // a scalar in quotes or a block: never a number, a truth value or null
	list   []*value
	pairs  []pair
}

// pair is one key of a mapping.
type pair struct{ key, value *value }

// parse reads every document of a file. Whatever the bytes are, it returns and
// says where they are wrong; a file that is no YAML gives one problem, as
// nothing after it can be relied upon.
func parse(file string, content []byte) ([]*value, Problems) {
	t := &tree{file: file}
	text, ok := t.plain(content)
	if !ok {
		return nil, t.problems
	}
	if docs, ok := quickly(file, text); ok {
		return docs, nil
	}
	return t.thoroughly(text)
}

// thoroughly reads whatever is YAML, and says where it is none.
func (t *tree) thoroughly(text string) ([]*value, Problems) {
	tokens := lexer.Tokenize(text)
	if !t.shallow(tokens) {
		return nil, t.problems
	}
	docs, err := parseTokens(joinPlain(tokens))
	if err != nil {
		t.syntax(err)
		return nil, t.problems
	}
	var values []*value
	for _, doc := range docs {
		if doc != nil && doc.Body != nil {
			values = append(values, t.value(doc.Body))
		}
	}
	return values, t.problems
}

// parseTokens calls the parser of goccy/go-yaml. It is known to panic on some
// inputs that are no YAML; those must not take the node down.
func parseTokens(tokens token.Tokens) (docs []*ast.DocumentNode, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("this is no YAML that can be read: %v", r)
		}
	}()
	f, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, err
	}
	return f.Docs, nil
}

// tree turns the parser's nodes into values.
type tree struct {
	file     string
	problems Problems
}

func (t *tree) wrong(line, column int, wrong, right string) {
	t.problems = append(t.problems, Problem{t.file, max(line, 1), max(column, 1), wrong, right})
}

// plain refuses what is no text and makes line ends uniform, which the lexer's line numbers need.
func (t *tree) plain(content []byte) (string, bool) {
	if len(content) > maxFileBytes {
		t.wrong(1, 1, fmt.Sprintf("the file has %d bytes", len(content)), fmt.Sprintf("at most %d", maxFileBytes))
		return "", false
	}
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	if bytes.IndexByte(content, '\r') >= 0 {
		content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
		content = bytes.ReplaceAll(content, []byte("\r"), []byte("\n"))
	}
	line, column := 1, 1
	for rest := content; len(rest) > 0; {
		c, size := rune(rest[0]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRune(rest)
		}
		if (c == utf8.RuneError && size == 1) || (c < ' ' && c != '\n' && c != '\t') {
			t.wrong(line, column, fmt.Sprintf("byte 0x%02x is no text", rest[0]), "a file is written in UTF-8")
			return "", false
		}
		column++
		if c == '\n' {
			line, column = line+1, 1
		}
		rest = rest[size:]
	}
	return string(content), true
}

// shallow refuses nesting no site needs, before a recursive parser meets it.
func (t *tree) shallow(tokens token.Tokens) bool {
	depth := 0
	for _, tk := range tokens {
		switch tk.Type {
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth = max(depth-1, 0)
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType, token.AnchorType, token.TagType:
			if depth == 0 && tk.Position.Column > maxBlockColumn {
				t.wrong(tk.Position.Line, tk.Position.Column, "this stands too far to the right",
					fmt.Sprintf("a key or dash stands in the first %d columns", maxBlockColumn))
				return false
			}
		default:
		}
		if depth > maxFlowDepth {
			t.wrong(tk.Position.Line, tk.Position.Column, "brackets are nested too deeply",
				fmt.Sprintf("at most %d levels", maxFlowDepth))
			return false
		}
	}
	return true
}

// syntax reports the parser's error without the excerpt it carries, which may show a password.
func (t *tree) syntax(err error) {
	var syntax *yaml.SyntaxError
	if !errors.As(err, &syntax) || syntax.GetToken() == nil || syntax.GetToken().Position == nil {
		t.wrong(1, 1, "the file is no YAML", "see the shipped example")
		return
	}
	at := syntax.GetToken().Position
	t.wrong(at.Line, at.Column, "no YAML: "+firstLine(syntax.GetMessage()), "check indentation, quotes and brackets here and above")
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// value turns one node, and those within it.
func (t *tree) value(n ast.Node) *value {
	v := &value{at: t.at(n)}
	switch n := n.(type) {
	case *ast.MappingNode:
		t.mapping(v, n.Values)
	case *ast.MappingValueNode:
		t.mapping(v, []*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		v.kind = kindList
		for _, item := range n.Values {
			v.list = append(v.list, t.value(item))
		}
	case *ast.LiteralNode:
		v.kind, v.text, v.quoted = kindScalar, n.Value.Value, true
	case *ast.StringNode:
		tk := n.GetToken().Type
		v.kind, v.text = kindScalar, n.Value
		v.quoted = tk == token.SingleQuoteType || tk == token.DoubleQuoteType
	case *ast.NullNode, nil:
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		v.kind, v.text = kindScalar, n.GetToken().Value // as written: 007 stays 007
	default:
		t.wrong(v.at.Line, v.at.Column, "anchors, aliases, tags and merge keys are not used here", "write the value itself")
	}
	return v
}

// mapping turns the pairs of a mapping and reports keys that are there twice.
func (t *tree) mapping(v *value, nodes []*ast.MappingValueNode) {
	v.kind = kindMap
	seen := make(map[string]pos, len(nodes))
	for i, n := range nodes {
		key := t.key(n.Key)
		if i == 0 && posBefore(key.at, v.at) {
			v.at = key.at // a block mapping's own token is its first colon
		}
		if first, twice := seen[key.text]; twice {
			t.wrong(key.at.Line, key.at.Column, fmt.Sprintf("key %s is there twice", shown(key.text)),
				fmt.Sprintf("the first is in line %d", first.Line))
			continue
		}
		seen[key.text] = key.at
		val := t.value(n.Value)
		if val.kind == kindEmpty {
			val.at = key.at // there is no token to point at
		}
		v.pairs = append(v.pairs, pair{key, val})
	}
}

// key turns a mapping's key.
func (t *tree) key(n ast.MapKeyNode) *value {
	v := t.value(n)
	if v.kind != kindScalar {
		if _, null := n.(*ast.NullNode); null {
			t.wrong(v.at.Line, v.at.Column, "a key is missing", "a name before the colon")
		}
		return &value{at: v.at, kind: kindScalar}
	}
	return v
}

// at is where a node begins.
func (t *tree) at(n ast.Node) pos {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return pos{File: t.file, Line: 1, Column: 1}
	}
	p := n.GetToken().Position
	return pos{File: t.file, Line: max(p.Line, 1), Column: max(p.Column, 1)}
}

// shown quotes a key for a message; one that is no plain word could be a
// password in the wrong place and is not repeated.
func shown(key string) string {
	if len(key) > 40 || !isName(key) {
		return "(not a plain word)"
	}
	return fmt.Sprintf("%q", key)
}
