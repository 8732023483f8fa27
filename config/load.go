package config

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"

	"hotline/call"
)

//go:embed all:example
var example embed.FS

// exampleNode is the node file of Example.
const exampleNode = "hotline.yaml"

// Example is the shipped node file (hotline.yaml) and site folder (site).
func Example() fs.FS {
	sub, err := fs.Sub(example, "example")
	if err != nil {
		panic(err) // can't be: the path is a constant the compiler has embedded
	}
	return sub
}

// SiteOptions are what a site is checked against.
type SiteOptions struct {
	// Prompts are the names that ship with the product; nil: any name does.
	// A site's own prompts/<zh|en|any>/<name>.wav are found without it.
	Prompts map[string]bool
	// Shown is put before file names in problems: the folder as the user wrote it.
	Shown string
	// Getenv finds the ${NAME} of secrets; nil: os.LookupEnv.
	Getenv func(name string) (string, bool)
}

// Load reads a node file and the site it names; an empty path is the shipped
// example. The error is Problems, with the mistakes of both, when they are at
// fault, and an *fs.PathError within when a file is not there.
func Load(file string, o SiteOptions) (*Node, *Site, error) {
	var n *Node
	var nodeErr error
	if file == "" {
		n, nodeErr = loadNodeFS(Example(), exampleNode)
	} else {
		n, nodeErr = loadNode(file)
	}
	if n == nil || (nodeErr != nil && n.Site == "") {
		return nil, nil, nodeErr
	}
	s, siteErr := n.LoadSite(o)
	if err := together(nodeErr, siteErr); err != nil {
		return nil, nil, err
	}
	return n, s, nil
}

// Again reads the node file anew, without its site. The error is as Load's.
func (n *Node) Again() (*Node, error) {
	if n.fsys != nil {
		return loadNodeFS(n.fsys, n.File)
	}
	return loadNode(n.File)
}

// Reloadable tells whether all in which the other differs is what can be taken while the node runs: sip.guard and sip.acl.
func (n *Node) Reloadable(other *Node) bool {
	a, b := *n, *other
	b.SIP.Guard, b.SIP.ACL, b.fsys = a.SIP.Guard, a.SIP.ACL, a.fsys
	return reflect.DeepEqual(a, b)
}

// together gives the mistakes of both files as one list; another error stands for itself.
func together(nodeErr, siteErr error) error {
	var node, site Problems
	if !errors.As(nodeErr, &node) {
		return errors.Join(nodeErr, siteErr)
	}
	if siteErr != nil && !errors.As(siteErr, &site) {
		return errors.Join(node, siteErr)
	}
	return append(node, site...).tidy()
}

// LoadSite reads the site this node serves, from where its node file says.
func (n *Node) LoadSite(o SiteOptions) (*Site, error) {
	if o.Shown == "" {
		o.Shown = n.Site
	}
	fsys, dir, err := n.SiteFS()
	if err != nil {
		return nil, err
	}
	return LoadSite(fsys, dir, o)
}

// SiteDocuments are the site's files as they lie in the folder now, whatever is in force.
func (n *Node) SiteDocuments() ([]Document, error) {
	fsys, dir, err := n.SiteFS()
	if err != nil {
		return nil, err
	}
	return readDocuments(fsys, dir)
}

// SiteDir is the folder the site lies in; call.CodeConflict: it is part of the binary.
func (n *Node) SiteDir() (string, error) {
	if n.fsys != nil {
		return "", call.Errorf(call.CodeConflict, "the shipped example can't be changed; copy it and serve the copy with -c")
	}
	return n.Site, nil
}

// SiteFS is the file system the site lies in, and its folder there: for the
// prompts that Site.Prompts lists.
func (n *Node) SiteFS() (fsys fs.FS, dir string, err error) {
	if n.fsys != nil {
		return n.fsys, n.Site, nil
	}
	info, err := os.Stat(n.Site)
	if err != nil {
		return nil, "", fmt.Errorf("site folder: %w", err)
	}
	if !info.IsDir() {
		return nil, "", fmt.Errorf("site folder: %w", &fs.PathError{Op: "open", Path: n.Site, Err: errors.New("is no folder")})
	}
	return os.DirFS(n.Site), ".", nil
}
