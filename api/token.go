package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
)

// The types of problems of tokens; stable.
const (
	problemBadToken     = "urn:nova:problem:bad-token"
	problemTokenRevoked = "urn:nova:problem:token-revoked"
	problemNoToken      = "urn:nova:problem:no-token"
)

// tokenScheme is the name of bearer tokens in the OpenAPI document.
const tokenScheme = "bearer"

// knowCaller puts who asks into the context of requests to /v1. A request without a token goes on as nobody's; one whose
// token is not good ends here, also where none is needed: who sends a token wants to be known.
func knowCaller(callers Callers) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if len(r.Header["Authorization"]) == 0 || !strings.HasPrefix(r.URL.Path, "/v1/") {
				next.ServeHTTP(w, r)
				return
			}
			caller, err := callerOf(r, callers)
			if err != nil {
				refuseToken(w, err)
				return
			}
			requestOf(r.Context()).caller = &caller // identify has made it, so that the request need not be copied once more
			next.ServeHTTP(w, r)
		})
	}
}

// endWithToken ends a request, which is a stream, when the token that it was made with does.
func endWithToken(callers Callers) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token, ok := bearer(r)
			if !ok || callers == nil {
				next.ServeHTTP(w, r)
				return
			}
			ended, cancel := callers.Revoked(token)
			defer cancel()
			ctx, stop := context.WithCancel(r.Context())
			defer stop()
			go func() {
				select {
				case <-ended:
					stop()
				case <-ctx.Done():
				}
			}()
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}

// needsToken keeps an operation from who has not said who it is.
func needsToken(callers Callers) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if _, ok := CallerOf(ctx.Context()); ok {
			next(ctx)
			return
		}
		_, w := humachi.Unwrap(ctx)
		if callers == nil {
			refuseToken(w, ErrNoIdentity)
			return
		}
		w.Header().Set("WWW-Authenticate", "Bearer")
		writeProblem(w, problem(problemNoToken, http.StatusUnauthorized, "This needs a token: Authorization: Bearer …"))
	}
}

func callerOf(r *http.Request, callers Callers) (Caller, error) {
	token, ok := bearer(r)
	switch {
	case callers == nil:
		return Caller{}, ErrNoIdentity
	case !ok:
		return Caller{}, errNoBearer
	}
	return callers.Caller(r.Context(), token)
}

var errNoBearer = errors.New("api: the header Authorization must be there once, as Bearer and a token")

// bearer returns the token of a request, and false if there is none or more than one.
func bearer(r *http.Request) (token string, ok bool) {
	values := r.Header["Authorization"]
	if len(values) != 1 {
		return "", false
	}
	scheme, token, found := strings.Cut(values[0], " ")
	return token, found && token != "" && strings.EqualFold(scheme, "Bearer")
}

// refuseToken answers a request whose token is not good, or cannot be judged.
func refuseToken(w http.ResponseWriter, err error) {
	said := func(err error) string {
		text := strings.TrimPrefix(err.Error(), "api: ")
		return strings.ToUpper(text[:1]) + text[1:] + "."
	}
	var p *huma.ErrorModel
	switch {
	case errors.Is(err, ErrKeysAway):
		w.Header().Set("Retry-After", "5")
		p = problem(problemUnavailable, http.StatusServiceUnavailable, said(err))
	case errors.Is(err, ErrRevocationsAway):
		w.Header().Set("Retry-After", "1")
		p = problem(problemRecovering, http.StatusServiceUnavailable, said(err))
	case errors.Is(err, ErrRevoked):
		p = problem(problemTokenRevoked, http.StatusUnauthorized, said(err))
	case errors.Is(err, ErrBadToken), errors.Is(err, ErrNoIdentity), errors.Is(err, errNoBearer):
		p = problem(problemBadToken, http.StatusUnauthorized, said(err))
	default:
		p = problem("", http.StatusInternalServerError, "Internal error.")
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	}
	writeProblem(w, p)
}

// describeTokens adds to the document that every operation of /v1 takes a token, and what a bad one is answered. All
// operations must be registered before.
func describeTokens(ops huma.API) {
	doc := ops.OpenAPI()
	if doc.Components.SecuritySchemes == nil {
		doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{}
	}
	doc.Components.SecuritySchemes[tokenScheme] = &huma.SecurityScheme{
		Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "Who asks. Reading needs no token; a token that is sent must be good.",
	}
	for path, item := range doc.Paths {
		if !strings.HasPrefix(path, "/v1/") {
			continue
		}
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			if op.Security == nil {
				op.Security = []map[string][]string{{}, {tokenScheme: {}}}
			}
			for code, why := range map[string]string{"401": "The token is not good", "503": "The answer, or what tokens are judged by, is not at hand"} {
				if op.Responses[code] == nil {
					op.Responses[code] = problemResponse(ops, why)
				}
			}
		}
	}
}

func problemResponse(ops huma.API, why string) *huma.Response {
	schema := ops.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[huma.ErrorModel](), true, "")
	return &huma.Response{Description: why, Content: map[string]*huma.MediaType{"application/problem+json": {Schema: schema}}}
}
