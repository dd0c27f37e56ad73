#pragma once

#include "socketio/recovery_state.hpp"
#include "socketio/synchronized.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

// The file in which recovery outlives the server (RecoveryOptions::file): MessagePack, readable by
// its owner only, since it holds what clients are to be sent. What is older than `max_age` is
// dropped, also if its namespace never comes back; `wall` is the time of day. Any thread.
class RecoveryFile {
public:
    using Date = std::chrono::system_clock::time_point;

    // Reads the file and removes it, so that nothing is brought back twice. One that is not there
    // is none; one that cannot be read is told to the log and set aside.
    RecoveryFile(std::string path, std::chrono::milliseconds max_age, Date wall);

    // What was kept of the namespace of that name; once.
    std::optional<RecoveryState> take(std::string_view name);
    // Writes these and what nobody has taken, to a new file that then replaces the old one. A
    // failure is told to the log. Nothing is written if no client may come back.
    void write(std::vector<RecoveryState> states, Date wall);
    // Lets go of what is too old by now. Whether nothing is left.
    bool forget(Date wall);

private:
    void set_aside() const;

    std::string const path_;
    std::chrono::milliseconds const max_age_;
    Synchronized<std::vector<RecoveryState>> kept_;
};

}  // namespace socketio
