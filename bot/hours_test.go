package bot

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func at(t *testing.T, zone, s string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	x, err := time.ParseInLocation("2006-01-02 15:04", s, loc)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestHours(t *testing.T) {
	const (
		office   = "Mon-Fri 09:00-18:00, Sat 10:00-16:00"
		golden   = "2026-10-01..2026-10-07, 2027-01-01"
		shanghai = "Asia/Shanghai"
		berlin   = "Europe/Berlin"
		newYork  = "America/New_York"
	)
	for _, tt := range []struct {
		name, hours, zone, holidays string
		at                          string // in zone
		open                        bool
		next                        string // in zone; "" is at
	}{
		{"always", "24x7", "", "", "2026-11-22 03:00", true, ""},
		{"no hours are always", "", "", "", "2026-11-22 03:00", true, ""},
		{"always but on holidays", "24x7", "", golden, "2026-10-03 12:00", false, "2026-10-08 00:00"},
		{"the first minute", office, shanghai, "", "2026-11-23 09:00", true, ""},
		{"the last minute", office, shanghai, "", "2026-11-23 17:59", true, ""},
		{"closing time is closed", office, shanghai, "", "2026-11-23 18:00", false, "2026-11-24 09:00"},
		{"before opening", office, shanghai, "", "2026-11-23 08:59", false, "2026-11-23 09:00"},
		{"Friday evening", office, shanghai, "", "2026-11-27 20:00", false, "2026-11-28 10:00"},
		{"Saturday evening", office, shanghai, "", "2026-11-28 16:30", false, "2026-11-30 09:00"},
		{"holiday", office, shanghai, golden, "2026-10-01 10:00", false, "2026-10-08 09:00"},
		{"evening before a holiday", office, shanghai, golden, "2026-09-30 19:00", false, "2026-10-08 09:00"},
		{"one day", office, shanghai, golden, "2027-01-01 10:00", false, "2027-01-02 10:00"},
		{"two shifts", "Mon 13:00-17:00, Mon 08:00-12:00", shanghai, "", "2026-11-23 12:30", false, "2026-11-23 13:00"},
		{"week wraps", "Fri-Mon 10:00-12:00", shanghai, "", "2026-11-22 11:00", true, ""},
		{"week wraps, not Tuesday", "Fri-Mon 10:00-12:00", shanghai, "", "2026-11-24 11:00", false, "2026-11-27 10:00"},
		{"once a week, just missed", "Wed 10:00-11:00", shanghai, "", "2026-11-25 11:00", false, "2026-12-02 10:00"},
		{"night, before midnight", "Fri 22:00-02:00", shanghai, "", "2026-11-27 23:00", true, ""},
		{"night, after midnight", "Fri 22:00-02:00", shanghai, "", "2026-11-28 01:59", true, ""},
		{"night, over", "Fri 22:00-02:00", shanghai, "", "2026-11-28 02:00", false, "2026-12-04 22:00"},
		{"night shift ends on a holiday", "Mon-Sun 22:00-02:00", shanghai, golden, "2026-10-01 01:00", true, ""},
		{"none begins on a holiday", "Mon-Sun 22:00-02:00", shanghai, golden, "2026-10-07 23:00", false, "2026-10-08 22:00"},
		{"until midnight", "Mon 18:00-24:00", shanghai, "", "2026-11-23 23:59", true, ""},
		{"any case", "mon-FRI 9:00-18:00", shanghai, "", "2026-11-23 09:00", true, ""},

		// The clock goes forward at 02:00 on 29 March 2026 in Berlin, at 02:00
		// on 8 March in New York; back on 25 October and 1 November.
		{"summer", office, berlin, "", "2026-03-30 09:00", true, ""},
		{"weekend of the change", office, berlin, "", "2026-03-28 17:00", false, "2026-03-30 09:00"},
		{"whole day of 23 hours", "Sun 00:00-24:00", berlin, "", "2026-03-29 23:59", true, ""},
		{"whole day of 25 hours", "Sun 00:00-24:00", berlin, "", "2026-10-25 23:59", true, ""},
		{"and no longer", "Sun 00:00-24:00", berlin, "", "2026-10-26 00:00", false, "2026-11-01 00:00"},
		{"night of the change", "Sat 22:00-06:00", newYork, "", "2026-11-01 05:59", true, ""},
		{"night of the change is over", "Sat 22:00-06:00", newYork, "", "2026-11-01 06:00", false, "2026-11-07 22:00"},
		{"night of the change forward", "Sat 22:00-06:00", newYork, "", "2026-03-08 03:30", true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, err := ParseHours(tt.hours, tt.zone, tt.holidays)
			if err != nil {
				t.Fatal(err)
			}
			zone := tt.zone
			if zone == "" {
				zone = shanghai
			}
			now := at(t, zone, tt.at).UTC() // the caller's zone does not matter
			want := now
			if tt.next != "" {
				want = at(t, zone, tt.next)
			}
			if got := h.Open(now); got != tt.open {
				t.Errorf("Open(%s) = %v", tt.at, got)
			}
			if got := h.NextOpen(now); !got.Equal(want) {
				t.Errorf("NextOpen(%s) = %v, want %v", tt.at, got, want)
			}
		})
	}
}

// TestHoursAgree walks through whole years in zones with all kinds of clock
// changes: NextOpen is open, and nothing before it is.
func TestHoursAgree(t *testing.T) {
	random := rand.New(rand.NewPCG(61, 1))
	for _, zone := range []string{"Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "America/Santiago"} {
		for _, hours := range []string{"24x7", "Mon-Fri 09:00-18:00", "Sat 22:00-03:30, Sun 02:10-02:50", "Sun 00:00-24:00"} {
			h, err := ParseHours(hours, zone, "2026-03-20..2026-03-28, 2026-10-24")
			if err != nil {
				t.Fatal(err)
			}
			start := at(t, zone, "2026-01-01 00:00")
			for range 400 {
				now := start.Add(time.Duration(random.IntN(366*24*60)) * time.Minute)
				next := h.NextOpen(now)
				if next.IsZero() || next.Before(now) || !h.Open(next) {
					t.Fatalf("%s in %s: NextOpen(%v) = %v", hours, zone, now, next)
				}
				if next.Equal(now) {
					continue
				}
				if before := now.Add(time.Duration(random.Int64N(int64(next.Sub(now))))); h.Open(before) {
					t.Fatalf("%s in %s: NextOpen(%v) = %v, but it is open at %v", hours, zone, now, next, before)
				}
			}
		}
	}
}

func TestHoursFaults(t *testing.T) {
	for _, tt := range []struct{ hours, zone, holidays, want string }{
		{"9 to 5", "", "", "Mon-Fri 09:00-18:00"},
		{"Mon-Fri 09:00-18:00,", "", "", `"" is no time of the week`},
		{"Mo-Fr 09:00-18:00", "", "", "is no time of the week"},
		{"Mon-Fry 09:00-18:00", "", "", `"Fry" is no day`},
		{"Mon 09:00-25:00", "", "", "25:00 is no time of day"},
		{"Mon 09:60-18:00", "", "", "09:60 is no time of day"},
		{"Mon 24:00-03:00", "", "", "begins at 24:00"},
		{"Mon 09:00-09:00", "", "", "00:00-24:00"},
		{"", "China", "", `"China" is no time zone`},
		{"", "Local", "", "is no time zone"},
		{"", "../../etc/passwd", "", "is no time zone"},
		{"", "", "1.10.2026", "is no date"},
		{"", "", "2026-02-30", "is no date"},
		{"", "", "2026-10-07..2026-10-01", "earlier date first"},
		{"", "", "2026-10-01..2062-10-07", "longer than a year"},
	} {
		_, err := ParseHours(tt.hours, tt.zone, tt.holidays)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ParseHours(%q, %q, %q): %v, want %q in it", tt.hours, tt.zone, tt.holidays, err, tt.want)
		}
	}
	_, err := ParseHours("x", "y", "z")
	if n := len(strings.Split(err.Error(), "\n")); n != 3 {
		t.Errorf("%d faults of three are named: %v", n, err)
	}
	if (Hours{}).Open(time.Now()) || !(Hours{}).NextOpen(time.Now()).IsZero() {
		t.Error("the zero Hours are open")
	}
}
