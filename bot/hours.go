package bot

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a time zone must be known on machines without a database of them, too
)

// Hours are the times at which agents are there. The zero value is never; the
// useful ones come from [ParseHours].
type Hours struct {
	week     [7][]shift // by the day on which a shift begins
	holidays []span
	zone     *time.Location
}

// shift is a time of day that agents are there, in minutes from midnight. One
// that ends on the next day has an end above 24 hours.
type shift struct{ from, to int }

// span is a run of days without agents; both ends belong to it.
type span struct{ first, last day }

// day is a date, as 20261001, so that days compare as numbers.
type day int

const (
	dayMinutes  = 24 * 60
	maxHolidays = 366 // days of one range; more is a slip of the pen
)

// ParseHours reads when agents are there. hours is "24x7" or a list like
// "Mon-Fri 09:00-18:00, Sat 10:00-16:00"; 18:00 itself is no longer open, 24:00
// is the end of a day, and a range like 22:00-06:00 ends on the next day.
// timezone is an IANA name, Asia/Shanghai if empty. holidays are dates and ranges
// like "2026-10-01..2026-10-07, 2027-01-01", on which no shift begins; the night
// shift of the day before still ends on them. The error has all faults.
func ParseHours(hours, timezone, holidays string) (Hours, error) {
	var h Hours
	var zoneErr, weekErr, holidaysErr error
	h.zone, zoneErr = parseZone(timezone)
	h.week, weekErr = parseWeek(hours)
	h.holidays, holidaysErr = parseHolidays(holidays)
	if err := errors.Join(weekErr, zoneErr, holidaysErr); err != nil {
		return Hours{}, err
	}
	return h, nil
}

// Open reports whether agents are there at t.
func (h Hours) Open(t time.Time) bool {
	if h.zone == nil {
		return false
	}
	t = t.In(h.zone)
	// The shift may have begun yesterday; and where the clock is put forward at
	// midnight, tomorrow's begins an hour early.
	for _, n := range []int{0, -1, 1} {
		for _, s := range h.shifts(t, n) {
			if from, to := h.times(t, n, s); !t.Before(from) && t.Before(to) {
				return true
			}
		}
	}
	return false
}

// NextOpen is t if agents are there, else when they come next; the zero Time
// if they never do.
func (h Hours) NextOpen(t time.Time) time.Time {
	if h.Open(t) {
		return t
	}
	if h.zone == nil {
		return time.Time{}
	}
	local := t.In(h.zone)
	for ahead := 0; ahead <= 8; ahead++ {
		// A holiday is not counted as a day looked at: after the last one
		// there must still be a whole week to find a shift in.
		if end, ok := h.holiday(local, ahead); ok {
			y, m, d := end.date()
			local, ahead = time.Date(y, m, d+1, 12, 0, 0, 0, h.zone), -1 // noon: some days have no midnight
			continue
		}
		var next time.Time
		for _, s := range h.shifts(local, ahead) {
			from, to := h.times(local, ahead, s)
			if !from.Before(t) && from.Before(to) && (next.IsZero() || from.Before(next)) {
				next = from
			}
		}
		if !next.IsZero() {
			return next
		}
	}
	return time.Time{}
}

// shifts are those that begin n days after t's.
func (h Hours) shifts(t time.Time, n int) []shift {
	if _, ok := h.holiday(t, n); ok {
		return nil
	}
	y, m, d := t.Date()
	return h.week[time.Date(y, m, d+n, 12, 0, 0, 0, time.UTC).Weekday()]
}

// holiday reports whether the day n days after t's is one, and the last day of
// that holiday.
func (h Hours) holiday(t time.Time, n int) (last day, ok bool) {
	y, m, d := t.Date()
	date := dayOf(time.Date(y, m, d+n, 12, 0, 0, 0, time.UTC))
	for _, s := range h.holidays {
		if s.first <= date && date <= s.last {
			return s.last, true
		}
	}
	return 0, false
}

// times are the two ends of a shift that begins n days after t's day. They come
// from the clock on the wall: on the day on which it is put back or forward a
// shift is an hour longer or shorter.
func (h Hours) times(t time.Time, n int, s shift) (from, to time.Time) {
	y, m, d := t.Date()
	return time.Date(y, m, d+n, 0, s.from, 0, 0, h.zone), time.Date(y, m, d+n, 0, s.to, 0, 0, h.zone)
}

func parseZone(name string) (*time.Location, error) {
	if name == "" {
		name = "Asia/Shanghai"
	}
	if strings.EqualFold(name, "local") { // what the machine says is no fact about the agents
		return nil, fmt.Errorf("%q is no time zone: write its IANA name, for example Asia/Shanghai", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is no time zone: write its IANA name, for example Asia/Shanghai or Europe/Berlin", name)
	}
	return zone, nil
}

var (
	weekdays  = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	shiftForm = regexp.MustCompile(`^([A-Za-z]{3})(?:-([A-Za-z]{3}))?\s+(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)$`)
)

func parseWeek(hours string) (week [7][]shift, err error) {
	if hours = strings.TrimSpace(hours); hours == "" || strings.EqualFold(hours, "24x7") {
		for d := range week {
			week[d] = []shift{{0, dayMinutes}}
		}
		return week, nil
	}
	var faults []error
	for part := range strings.SplitSeq(hours, ",") {
		first, last, s, err := parseShift(strings.TrimSpace(part))
		if err != nil {
			faults = append(faults, err)
			continue
		}
		for d := first; ; d = (d + 1) % 7 {
			week[d] = append(week[d], s)
			if d == last {
				break
			}
		}
	}
	return week, errors.Join(faults...)
}

func parseShift(part string) (first, last int, s shift, err error) {
	m := shiftForm.FindStringSubmatch(part)
	if m == nil {
		return 0, 0, s, fmt.Errorf("%q is no time of the week: write 24x7, or for example Mon-Fri 09:00-18:00, Sat 10:00-16:00", part)
	}
	if m[2] == "" {
		m[2] = m[1]
	}
	if first, err = weekday(m[1]); err != nil {
		return 0, 0, s, err
	}
	if last, err = weekday(m[2]); err != nil {
		return 0, 0, s, err
	}
	if s.from, err = minutes(m[3], m[4]); err != nil {
		return 0, 0, s, err
	}
	if s.to, err = minutes(m[5], m[6]); err != nil {
		return 0, 0, s, err
	}
	switch {
	case s.from == s.to:
		return 0, 0, s, fmt.Errorf("%q is no time at all: a whole day is 00:00-24:00", part)
	case s.from == dayMinutes:
		return 0, 0, s, fmt.Errorf("%q begins at 24:00: write 00:00 of the next day", part)
	case s.to < s.from:
		s.to += dayMinutes
	}
	return first, last, s, nil
}

func weekday(name string) (int, error) {
	for d, short := range weekdays {
		if strings.EqualFold(name, short) {
			return d, nil
		}
	}
	return 0, fmt.Errorf("%q is no day: use Mon, Tue, Wed, Thu, Fri, Sat or Sun", name)
}

func minutes(hour, minute string) (int, error) {
	h, errH := strconv.Atoi(hour)
	m, errM := strconv.Atoi(minute)
	if errH != nil || errM != nil || m > 59 || h*60+m > dayMinutes {
		return 0, fmt.Errorf("%s:%s is no time of day: use 00:00 to 24:00", hour, minute)
	}
	return h*60 + m, nil
}

func parseHolidays(holidays string) ([]span, error) {
	var spans []span
	var faults []error
	for part := range strings.SplitSeq(holidays, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		from, to, isRange := strings.Cut(part, "..")
		if !isRange {
			to = from
		}
		first, err := time.Parse(time.DateOnly, strings.TrimSpace(from))
		last, errLast := time.Parse(time.DateOnly, strings.TrimSpace(to))
		switch {
		case err != nil || errLast != nil:
			faults = append(faults, fmt.Errorf("%q is no date: write for example 2027-01-01 or 2026-10-01..2026-10-07", part))
		case last.Before(first):
			faults = append(faults, fmt.Errorf("%q ends before it begins: write the earlier date first", part))
		case last.Sub(first) >= maxHolidays*24*time.Hour:
			faults = append(faults, fmt.Errorf("%q is longer than a year: check the years", part))
		default:
			spans = append(spans, span{dayOf(first), dayOf(last)})
		}
	}
	return spans, errors.Join(faults...)
}

func dayOf(t time.Time) day {
	y, m, d := t.Date()
	return day(y*10000 + int(m)*100 + d)
}

func (d day) date() (year int, month time.Month, date int) {
	return int(d) / 10000, time.Month(int(d) / 100 % 100), int(d) % 100
}
