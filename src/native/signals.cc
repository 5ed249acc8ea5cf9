// Go and libuv disagree about signals, which can crash the process (golang/go#18976, measured in docs/decisions.md):
//
//   1. libuv installs its handlers without SA_ONSTACK. If the kernel delivers such a signal to a Go thread, the handler
//      runs on a goroutine's small stack, and Go aborts the process. So Go's threads start with every asynchronous signal
//      blocked: the mask is set before Go's initializer runs, inherited by all of Go's threads, and restored on this
//      thread once the module is initialized.
//   2. Go unblocks a few signals in its threads regardless (SIGCHLD among them), so SA_ONSTACK is added to every
//      installed handler too, after loading and whenever JavaScript installs another one.

#include "signals.h"

#include <pthread.h>
#include <signal.h>

namespace {

sigset_t saved_mask;
bool mask_is_saved = false;

bool IsAsynchronous(int signum) {
  switch (signum) {
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
    case SIGABRT:
    case SIGSYS:
      return false;  // raised by the thread itself, which dies if they are blocked
    default:
      return true;
  }
}

// Priority 101 is the first that programs may use. Go's initializer in the same object has none, so it runs later.
__attribute__((constructor(101))) void BlockAsynchronousSignals() {
  sigset_t mask;
  sigemptyset(&mask);
  for (int s = 1; s < NSIG; s++) {
    if (IsAsynchronous(s)) sigaddset(&mask, s);
  }
  mask_is_saved = pthread_sigmask(SIG_BLOCK, &mask, &saved_mask) == 0;
}

}  // namespace

void RestoreSignalMask() {
  if (!mask_is_saved) return;
  mask_is_saved = false;
  pthread_sigmask(SIG_SETMASK, &saved_mask, nullptr);
}

int FixSignalHandlers() {
  int changed = 0;
  for (int s = 1; s < NSIG; s++) {
    struct sigaction action;
    if (sigaction(s, nullptr, &action) != 0) continue;
    bool has_handler = (action.sa_flags & SA_SIGINFO) != 0 ||
                       (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
    if (!has_handler || (action.sa_flags & SA_ONSTACK) != 0) continue;
    action.sa_flags |= SA_ONSTACK;
    if (sigaction(s, &action, nullptr) == 0) changed++;
  }
  return changed;
}
