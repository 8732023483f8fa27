package deploy

import (
	"bufio"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// unit reads a systemd unit: the values of each key, in order.
func unit(t *testing.T, file string) map[string][]string {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	keys := map[string][]string{}
	section := ""
	for lines := bufio.NewScanner(strings.NewReader(string(b))); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
		default:
			key, value, ok := strings.Cut(line, "=")
			require.True(t, ok, "neither section nor key: %s", line)
			keys[section+"."+key] = append(keys[section+"."+key], value)
		}
	}
	return keys
}

func TestTheUnitIsHardened(t *testing.T) {
	u := unit(t, "systemd/hotline.service")
	for key, want := range map[string]string{
		"NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "AmbientCapabilities": "", "ProtectSystem": "strict",
		"ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes", "ProtectKernelModules": "yes",
		"ProtectKernelTunables": "yes", "ProtectControlGroups": "yes", "RestrictNamespaces": "yes", "RestrictSUIDSGID": "yes",
		"MemoryDenyWriteExecute": "yes", "LockPersonality": "yes", "SystemCallArchitectures": "native",
		"DynamicUser": "yes", "StateDirectory": "hotline", "UMask": "0077",
	} {
		require.Equal(t, []string{want}, u["Service."+key], key)
	}
	require.Equal(t, []string{"@system-service", "~@privileged @resources"}, u["Service.SystemCallFilter"])
	require.Equal(t, []string{"/bin/kill -HUP $MAINPID"}, u["Service.ExecReload"])
	files, err := strconv.Atoi(u["Service.LimitNOFILE"][0])
	require.NoError(t, err)
	require.GreaterOrEqual(t, files, 65536)
}

// TestTheUnitWaitsForTheDrain: systemd must not kill a node that still talks.
func TestTheUnitWaitsForTheDrain(t *testing.T) {
	u := unit(t, "systemd/hotline.service")
	start := u["Service.ExecStart"][0]
	m := regexp.MustCompile(`^/\S+/hotline serve -c \S+ --drain (\S+)$`).FindStringSubmatch(start)
	require.NotNil(t, m, start)
	drain, err := time.ParseDuration(m[1])
	require.NoError(t, err)
	stop, err := time.ParseDuration(strings.ReplaceAll(u["Service.TimeoutStopSec"][0], "min", "m"))
	require.NoError(t, err)
	require.Greater(t, stop, drain+30*time.Second)
}

// instructions are the lines of a Dockerfile, continued ones joined.
func instructions(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("Dockerfile")
	require.NoError(t, err)
	var all []string
	for line := range strings.Lines(strings.ReplaceAll(string(b), "\\\n", "")) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			all = append(all, line)
		}
	}
	return all
}

func TestTheImageIsSmallAndHasNoRoot(t *testing.T) {
	all := instructions(t)
	var final []string
	for _, line := range all {
		if strings.HasPrefix(line, "FROM ") {
			final = nil
			require.NotContains(t, line, ":latest")
		}
		require.False(t, strings.HasPrefix(line, "ADD "), "ADD fetches and unpacks: %s", line)
		final = append(final, line)
	}
	require.Equal(t, "FROM scratch", final[0])
	require.Contains(t, final, "USER 65532:65532")
	require.Contains(t, final, "STOPSIGNAL SIGTERM")
	require.Contains(t, final, `ENTRYPOINT ["/hotline"]`)
	require.Contains(t, all, "ENV CGO_ENABLED=1 GOTOOLCHAIN=local")
	require.True(t, slices.ContainsFunc(all, func(line string) bool {
		return strings.Contains(line, "go build") && strings.Contains(line, "-tags opus,netgo,osusergo") && strings.Contains(line, "-extldflags -static")
	}), "it codes Opus and needs no library, as make opus builds it")
	b, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	version := regexp.MustCompile(`(?m)^go (1\.\d+)`).FindSubmatch(b)
	require.NotNil(t, version)
	builds := slices.ContainsFunc(all, func(line string) bool { return strings.HasPrefix(line, "FROM golang:"+string(version[1])+"-") })
	require.True(t, builds, "another Go than go.mod's")
	require.Contains(t, all, "RUN npm ci", "the pages come of what the lock file names")
}

// TestTheImageLeavesSecretsOut: nothing of the node's own, nor of git, is sent to the builder.
func TestTheImageLeavesSecretsOut(t *testing.T) {
	b, err := os.ReadFile("Dockerfile.dockerignore")
	require.NoError(t, err)
	patterns := strings.Fields(regexp.MustCompile(`(?m)^#.*$`).ReplaceAllString(string(b), ""))
	for _, p := range []string{".git", "data", "bin", ".tools", "**/.env"} {
		require.Contains(t, patterns, p)
	}
	for _, needed := range []string{"go.mod", "go.sum", "cmd", "config", "deploy", "internal", "ivr", "store"} {
		for _, p := range patterns {
			hit, err := path.Match(p, needed)
			require.NoError(t, err)
			require.False(t, hit, "%s would leave out %s, which the build needs", p, needed)
		}
	}
}

func TestTheKernelGivesTheBuffersAskedFor(t *testing.T) {
	u := unit(t, "sysctl.conf")
	size, err := strconv.Atoi(strings.TrimSpace(u[".net.core.rmem_max "][0]))
	require.NoError(t, err)
	require.GreaterOrEqual(t, size, 4<<20)
	reserved := strings.TrimSpace(u[".net.ipv4.ip_local_reserved_ports "][0])
	b, err := os.ReadFile("../config/example/hotline.yaml")
	require.NoError(t, err)
	require.Contains(t, string(b), "ports: "+reserved+" ", "the range of the shipped node file")
}
