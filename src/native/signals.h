// Lets the Go runtime and libuv share a process; see signals.cc.

#ifndef TSEXPOSE_SIGNALS_H
#define TSEXPOSE_SIGNALS_H

// Restores the signal mask that the loading thread had before this object was loaded. Later calls do nothing.
void RestoreSignalMask();

// Adds SA_ONSTACK to every installed signal handler that lacks it. Returns how many it changed.
int FixSignalHandlers();

#endif
