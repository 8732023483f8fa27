package app

import (
	"io"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"hotline/config"
)

// newLogger logs as the node file says. Lines are sampled: a fault that repeats
// a thousand times a second must not cost more than the fault.
func newLogger(c config.Log, out io.Writer) *zap.Logger {
	level := map[config.LogLevel]zapcore.Level{
		config.LogDebug: zapcore.DebugLevel, config.LogInfo: zapcore.InfoLevel,
		config.LogWarn: zapcore.WarnLevel, config.LogError: zapcore.ErrorLevel,
	}[c.Level]
	e := zap.NewProductionEncoderConfig()
	e.EncodeTime = zapcore.ISO8601TimeEncoder
	e.EncodeDuration = zapcore.StringDurationEncoder
	var enc zapcore.Encoder
	if c.Format == config.LogJSON {
		enc = zapcore.NewJSONEncoder(e)
	} else {
		e.EncodeLevel = zapcore.CapitalLevelEncoder
		enc = zapcore.NewConsoleEncoder(e)
	}
	core := zapcore.NewCore(enc, zapcore.Lock(zapcore.AddSync(out)), level)
	return zap.New(zapcore.NewSamplerWithOptions(core, sampleTick, sampleFirst, sampleThereafter))
}

// Of lines with the same words, the first of each second are logged, then one in so many.
const (
	sampleTick       = 1e9
	sampleFirst      = 100
	sampleThereafter = 100
)
