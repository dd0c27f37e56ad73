// expect: a coroutine must not run under the lock: it would hold it while it waits
#include "socketio/synchronized.hpp"

#include <string>

void wait_under_lock(socketio::Synchronized<std::string>& text) {
    text.with([](std::string&) -> socketio::Task<void> { co_return; });
}
