package recording

import (
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// archiveMetrics are what operators watch of recordings after their end.
type archiveMetrics struct {
	analysed      *prometheus.CounterVec
	took          prometheus.Histogram
	compressed    *prometheus.CounterVec
	uploads       *prometheus.CounterVec
	uploadedBytes prometheus.Counter
	erased        prometheus.Counter
	up            prometheus.Gauge
	files         prometheus.Gauge
	oldest        atomic.Int64 // Unix seconds of the oldest file that waits; 0 none
}

func newArchiveMetrics(a *Archive, reg prometheus.Registerer) (*archiveMetrics, error) {
	m := &archiveMetrics{
		analysed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotline_recordings_analysed_total", Help: "Recordings looked through after their end, by result.",
		}, []string{"result"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "hotline_recording_analysis_seconds", Help: "How long looking a recording through took, rests included.",
			Buckets: []float64{.01, .05, .1, .5, 1, 5, 10, 30, 60},
		}),
		compressed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotline_recordings_compressed_total", Help: "Recordings that are kept as Opus from then on, and tries that failed.",
		}, []string{"result"}),
		uploads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotline_recording_uploads_total", Help: "Recordings brought to the store, and tries that failed.",
		}, []string{"result"}),
		uploadedBytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "hotline_recording_uploaded_bytes_total", Help: "Bytes brought to the store of recordings.",
		}),
		erased: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "hotline_recordings_erased_total", Help: "Recordings erased, by their time or by a person.",
		}),
		up: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "hotline_recording_store_up", Help: "1: the store of recordings takes them; 0: it is away and they wait in the folder.",
		}),
		files: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "hotline_recording_spool_files", Help: "Recordings that wait for the store.",
		}),
	}
	m.up.Set(1)
	for _, result := range []string{"done", "failed"} {
		m.analysed.WithLabelValues(result)
		m.uploads.WithLabelValues(result)
		m.compressed.WithLabelValues(result)
	}
	dir, most := a.o.Recorder.opts.Dir, a.o.Recorder.opts.MostBytes
	gauge := func(name, help string, fn func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, fn)
	}
	for _, c := range []prometheus.Collector{
		m.analysed, m.took, m.compressed, m.uploads, m.uploadedBytes, m.erased, m.up, m.files,
		gauge("hotline_recording_spool_oldest_seconds", "How long the oldest recording has waited for the store.", m.waited),
		gauge("hotline_recording_folder_bytes", "Bytes in the recordings folder, as last measured.", func() float64 {
			return float64(a.o.Recorder.spool.Load())
		}),
		gauge("hotline_recording_folder_limit_bytes", "What the folder may hold; 0: no limit.", func() float64 { return float64(most) }),
		gauge("hotline_recording_disk_free_bytes", "Bytes free on the disk of the recordings folder.", func() float64 { return free(dir) }),
	} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// free is what is free on a folder's disk.
func free(dir string) float64 {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0
	}
	return float64(st.Bavail) * float64(st.Bsize)
}

func (m *archiveMetrics) waited() float64 {
	at := m.oldest.Load()
	if at == 0 {
		return 0
	}
	return max(0, time.Since(time.Unix(at, 0)).Seconds())
}

func (m *archiveMetrics) measured(files int64, oldest time.Time) {
	m.files.Set(float64(files))
	if oldest.IsZero() {
		m.oldest.Store(0)
		return
	}
	m.oldest.Store(oldest.Unix())
}
