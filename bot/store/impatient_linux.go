package store

import "syscall"

// impatient gives up a connection on which nothing has been acknowledged for
// ten seconds. Without it the machine would go on trying for a quarter of an
// hour when the server's machine is gone, and workers with it.
func impatient(_, _ string, c syscall.RawConn) error {
	const tcpUserTimeout = 0x12
	var err error
	if failed := c.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, 10_000)
	}); failed != nil {
		return failed
	}
	if err == syscall.ENOPROTOOPT || err == syscall.EOPNOTSUPP { // a Unix socket
		return nil
	}
	return err
}
