#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace socketio {

// What a client names the last event it has heard by: the millisecond of the wall clock in base 64,
// and ".0", ".1" and so on for those that come in the same one, the form the reference's clients
// see. Later ones are greater.
struct RecoveryOffset {
    std::uint64_t stamp = 0;
    std::uint64_t repeats = 0;  // of the stamp, until this one

    std::string text() const;
    // Null for what text() gives of none.
    static std::optional<RecoveryOffset> parse(std::string_view text);

    friend auto operator<=>(RecoveryOffset const&, RecoveryOffset const&) = default;
};

}  // namespace socketio
