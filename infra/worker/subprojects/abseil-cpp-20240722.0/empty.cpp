// Meson wants a target to link; the real library is the system's.
