// Package bucket keeps recordings in a bucket of an S3-compatible store.
package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"hotline/call"
	"hotline/recording"
)

// Options is where the bucket is, and who we are there.
type Options struct {
	Endpoint  string // host or host:port
	Plain     bool   // http, for a store on the same machine or a private wire
	Region    string // empty: asked for
	Bucket    string
	Prefix    string // of all names, without / at its ends
	AccessKey string
	SecretKey string
	// Transport is for tests; nil: the usual one, with limits.
	Transport http.RoundTripper
}

// Bucket is a store of recordings. It is safe for use by several goroutines.
type Bucket struct {
	o Options
	c *minio.Client
}

// Limits of one request: a connection that stands still is given up.
const (
	opening   = 10 * time.Second
	tries     = 2        // of a request; the archive tries on, for as long as it takes
	leastPace = 64 << 10 // bytes a second that an upload must reach
	partSize  = 16 << 20
)

// New prepares a bucket; nothing is asked of it yet, so that a node starts while the
// store is away.
func New(o Options) (*Bucket, error) {
	if o.Bucket == "" || o.Endpoint == "" {
		return nil, call.Errorf(call.CodeInvalid, "a store of recordings needs an endpoint and a bucket")
	}
	if o.Transport == nil {
		t, err := minio.DefaultTransport(!o.Plain)
		if err != nil {
			return nil, err
		}
		t.ResponseHeaderTimeout = opening
		t.DisableCompression = true
		o.Transport = t
	}
	c, err := minio.New(o.Endpoint, &minio.Options{
		Creds: credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""), Secure: !o.Plain, Region: o.Region,
		Transport: o.Transport, MaxRetries: tries,
	})
	if err != nil {
		return nil, fmt.Errorf("store of recordings: %w", err)
	}
	return &Bucket{o: o, c: c}, nil
}

func (b *Bucket) key(name string) string { return path.Join(b.o.Prefix, name) }

// Put writes an object, which is there whole or not at all, and checked by the store.
func (b *Bucket) Put(ctx context.Context, name string, size int64, from io.ReadSeeker) error {
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, opening+time.Duration(size/leastPace+1)*time.Second)
	defer cancel()
	info, err := b.c.PutObject(ctx, b.o.Bucket, b.key(name), from, size, minio.PutObjectOptions{
		ContentType: "application/octet-stream", SendContentMd5: true, PartSize: partSize,
	})
	if err != nil {
		return b.told(err, name)
	}
	if info.Size != size {
		return fmt.Errorf("the store took %d bytes of %d of %s", info.Size, size, name)
	}
	return nil
}

// Open reads an object by pieces, all of the same version of it.
func (b *Bucket) Open(ctx context.Context, name string) (recording.Blob, int64, error) {
	within, cancel := context.WithTimeout(ctx, opening)
	defer cancel()
	info, err := b.c.StatObject(within, b.o.Bucket, b.key(name), minio.StatObjectOptions{})
	if err != nil {
		return nil, 0, b.told(err, name)
	}
	return &object{b: b, ctx: context.WithoutCancel(ctx), name: name, etag: info.ETag, size: info.Size, at: -1}, info.Size, nil
}

// Remove removes an object, if it is there.
func (b *Bucket) Remove(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, opening)
	defer cancel()
	err := b.c.RemoveObject(ctx, b.o.Bucket, b.key(name), minio.RemoveObjectOptions{})
	if err = b.told(err, name); call.CodeOf(err) == call.CodeNotFound {
		return nil
	}
	return err
}

// Each calls fn for every object under the prefix.
func (b *Bucket) Each(ctx context.Context, fn func(name string, size int64) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	prefix := ""
	if b.o.Prefix != "" {
		prefix = b.o.Prefix + "/"
	}
	for info := range b.c.ListObjects(ctx, b.o.Bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if info.Err != nil {
			return b.told(info.Err, prefix)
		}
		if err := fn(strings.TrimPrefix(info.Key, prefix), info.Size); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// told puts the store's answer into our words. A bucket that is not there is no
// missing recording.
func (b *Bucket) told(err error, name string) error {
	if err == nil {
		return nil
	}
	answer := minio.ToErrorResponse(err)
	if answer.Code == minio.NoSuchKey || answer.Code == "NotFound" && answer.Key != "" {
		return call.Errorf(call.CodeNotFound, "%s is not in bucket %s", name, b.o.Bucket)
	}
	return fmt.Errorf("bucket %s at %s: %w", b.o.Bucket, b.o.Endpoint, err)
}

// object is one being read: a piece is fetched at a time and kept until another is
// asked for, since what is read of it comes in small steps.
type object struct {
	b    *Bucket
	ctx  context.Context //nolint:containedctx // the reader outlives the request that opened it
	name string
	etag string
	size int64

	mu    sync.Mutex
	at    int64 // of the piece
	piece []byte
}

const pieceSize = 256 << 10

// ReadAt reads across pieces.
func (o *object) ReadAt(b []byte, at int64) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	done := 0
	for done < len(b) {
		if at >= o.size {
			return done, io.EOF
		}
		if err := o.fetch(at / pieceSize * pieceSize); err != nil {
			return done, err
		}
		n := copy(b[done:], o.piece[at-o.at:])
		done += n
		at += int64(n)
	}
	return done, nil
}

// fetch makes a piece the one at hand.
func (o *object) fetch(at int64) error {
	if o.at == at {
		return nil
	}
	ctx, cancel := context.WithTimeout(o.ctx, opening+pieceSize/leastPace*time.Second)
	defer cancel()
	n := min(pieceSize, o.size-at)
	opts := minio.GetObjectOptions{}
	if err := errors.Join(opts.SetRange(at, at+n-1), opts.SetMatchETag(o.etag)); err != nil {
		return err
	}
	core := minio.Core{Client: o.b.c}
	body, _, _, err := core.GetObject(ctx, o.b.o.Bucket, o.b.key(o.name), opts)
	if err != nil {
		return o.b.told(err, o.name)
	}
	piece := make([]byte, n)
	_, err = io.ReadFull(body, piece)
	if err := errors.Join(err, body.Close()); err != nil {
		return fmt.Errorf("%s of bucket %s: %w", o.name, o.b.o.Bucket, err)
	}
	o.at, o.piece = at, piece
	return nil
}

// Close lets go of the piece.
func (o *object) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.at, o.piece = -1, nil
	return nil
}
