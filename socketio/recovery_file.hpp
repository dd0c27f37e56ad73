#pragma once

#include "socketio/recovery_state.hpp"
#include "socketio/synchronized.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

// The file in which recovery outlives the server (RecoveryOptions::file): MessagePack, readable by
// its owner only, since it holds what clients are to be sent. Any thread.
class RecoveryFile {
public:
    // Reads the file and removes it, so that nothing is brought back twice. One that is not there
    // is none; one that cannot be read is told to the log and set aside.
    explicit RecoveryFile(std::string path);

    // What was kept of the namespace of that name; once.
    std::optional<RecoveryState> take(std::string_view name);
    // Writes these and what nobody has taken, to a new file that then replaces the old one. A
    // failure is told to the log. Nothing is written if no client may come back.
    void write(std::vector<RecoveryState> states);

private:
    void set_aside() const;

    std::string const path_;
    Synchronized<std::vector<RecoveryState>> kept_;
};

}  // namespace socketio
