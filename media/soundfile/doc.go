// Package soundfile reads sound files as people have them, WAV, MP3 and Ogg Vorbis, of any rate, and
// makes of each what a telephone takes: mono, 8000 Hz, at an even level.
//
// The way through it: Open looks at the first bytes and gives a Source, which is
// pulled through a Resampler into a Clip; Clip.Level measures, Clip.Gain says what would set it right.
package soundfile
