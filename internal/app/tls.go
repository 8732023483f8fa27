package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"hotline/config"
	"hotline/internal/certs"
)

// certLook is how often the files of certificates are looked at.
const certLook = 5 * time.Second

// identities are the certificates of a node's listeners, read anew when their files
// change and when the site is reloaded.
type identities struct {
	keepers map[string]*certs.Keeper // by the key of the node file: sip.tls, http.tls
	log     *zap.Logger
	reloads *prometheus.CounterVec
	stop    context.CancelFunc
	watched sync.WaitGroup
}

// openIdentities reads every certificate the node file names.
func openIdentities(n *config.Node, log *zap.Logger, reg prometheus.Registerer) (*identities, error) {
	keepers, err := readIdentities(n)
	if err != nil {
		return nil, err
	}
	i := &identities{keepers: keepers, log: log, stop: func() {}, reloads: counters("hotline_tls_reloads_total",
		"Certificates read anew, by the node file's key and result: loaded, refused.", "listener", "result")}
	expires := func(k *certs.Keeper) func() float64 { return func() float64 { return float64(k.Expires().Unix()) } }
	for name, k := range keepers {
		gauge := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "hotline_tls_certificate_expires_seconds", Help: "When the listener's certificate runs out, in Unix time.",
			ConstLabels: prometheus.Labels{"listener": name},
		}, expires(k))
		if err := reg.Register(gauge); err != nil {
			return nil, fmt.Errorf("metrics of certificates: %w", err)
		}
	}
	if err := reg.Register(i.reloads); err != nil {
		return nil, fmt.Errorf("metrics of certificates: %w", err)
	}
	return i, nil
}

// readIdentities reads the certificates; the error is config.Problems, one for each that is wrong.
func readIdentities(n *config.Node) (map[string]*certs.Keeper, error) {
	keepers := map[string]*certs.Keeper{}
	var problems config.Problems
	for _, l := range []struct {
		name string
		tls  config.TLS
	}{{"sip.tls", n.SIP.TLS}, {"http.tls", n.HTTP.TLS}} {
		if !l.tls.Set() {
			continue
		}
		k, err := certs.Open(certs.Files{Cert: l.tls.Cert, Key: l.tls.Key, ClientCA: l.tls.ClientCA, ServerCA: l.tls.ServerCA})
		if err != nil {
			problems = append(problems, l.tls.Wrong(l.name+": "+err.Error(), "files in PEM that belong together"))
			continue
		}
		keepers[l.name] = k
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return keepers, nil
}

// of is how the listener named is to serve; nil without a certificate.
func (i *identities) of(name string, protocols ...string) *tls.Config {
	if k := i.keepers[name]; k != nil {
		return k.Server(protocols...)
	}
	return nil
}

// watch looks after the files until close.
func (i *identities) watch() {
	var ctx context.Context
	ctx, i.stop = context.WithCancel(context.Background())
	for name, k := range i.keepers {
		i.watched.Go(func() { k.Watch(ctx, certLook, func(err error) { i.tell(name, k, err) }) })
	}
}

// reload reads every certificate anew, on request. What can't be read stays as it was.
func (i *identities) reload() {
	for name, k := range i.keepers {
		i.tell(name, k, k.Reload())
	}
}

func (i *identities) tell(name string, k *certs.Keeper, err error) {
	if err != nil {
		i.reloads.WithLabelValues(name, reloadRefused).Inc()
		i.log.Error("the certificate in force stays", zap.String("listener", name), zap.Error(err))
		return
	}
	i.reloads.WithLabelValues(name, reloadLoaded).Inc()
	i.log.Info("certificate loaded", zap.String("listener", name), zap.Time("expires", k.Expires()))
}

// close stops the watching.
func (i *identities) close() {
	i.stop()
	i.watched.Wait()
}
