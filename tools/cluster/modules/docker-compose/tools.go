//go:build tools

// Package tools names what install.sh builds, so that go.mod and go.sum fix every version.
package tools

import _ "github.com/docker/compose/v2/cmd"
