package realstack

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/nova-social/nova-streams/test/process"
)

// newRegistry is Apicurio Registry, which forgets everything when it ends.
func (p programs) newRegistry(dir string, port int) (*process.Process, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return &process.Process{
		Name: "the registry", Log: filepath.Join(dir, "registry.log"),
		New: func(ctx context.Context) *exec.Cmd {
			return process.Java(ctx, p.java, dir, "-Djava.io.tmpdir="+dir, "-Dquarkus.http.host=127.0.0.1", "-Dquarkus.http.port="+strconv.Itoa(port),
				"-Dquarkus.log.level=WARN", "-jar", filepath.Join(p.registry, "apicurio-registry-app-2.6.13.Final-runner.jar"))
		},
		Ready: func(ctx context.Context, _ []byte) bool {
			return answers(ctx, registryURL(port)+"/apis/ccompat/v7/subjects")
		},
	}, nil
}

func registryURL(port int) string { return "http://127.0.0.1:" + strconv.Itoa(port) }

// answers says whether a server has what is asked for.
func answers(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}
