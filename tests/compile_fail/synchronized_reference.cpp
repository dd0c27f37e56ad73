// expect: what with() returns must not point into the value: the lock is gone then
#include "socketio/synchronized.hpp"

#include <string>

void leak(socketio::Synchronized<std::string>& text) {
    text.with([](std::string& value) { return &value; });
}
