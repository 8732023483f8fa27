package config

import (
	"embed"
	"io/fs"
)

//go:embed all:example
var example embed.FS

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
	// A site's own prompts/<zh|en>/<name>.wav are found without it.
	Prompts map[string]bool
	// Shown is put before file names in problems: the folder as the user wrote it.
	Shown string
	// Getenv finds the ${NAME} of secrets; nil: os.LookupEnv.
	Getenv func(name string) (string, bool)
}
