package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// BenchmarkStart times the whole process from its start to its first answer,
// as a user of "ask" feels it, and reports its memory and the binary's size.
func BenchmarkStart(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "decline61")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("building: %v\n%s", err, out)
	}
	info, err := os.Stat(binary)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	var rss int64
	for b.Loop() {
		cmd := exec.Command(binary, "ask", "刷卡显示61怎么办")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("ask: %v\n%s", err, out)
		}
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			rss = max(rss, usage.Maxrss) // KB on Linux
		}
	}
	b.ReportMetric(float64(rss)/1024, "MB-rss")
	b.ReportMetric(float64(info.Size())/(1<<20), "MB-binary")
}
