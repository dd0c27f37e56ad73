#pragma once

#include "socketio/json_codec.hpp"
#include "socketio/writer.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace socketio {

/// How one emit is to be delivered. The default is reliable, compressible, cluster-wide.
struct EmitFlags {
    bool is_volatile = false;  ///< dropped for clients that can't be written to at once
    bool compress = true;      ///< matters to long polling only, as in the reference
    bool local = false;        ///< this server only
    std::optional<std::chrono::milliseconds> timeout;  ///< for acks
};

/// An event about to be sent: borrowed, lives as long as the emit call.
struct EventRef {
    std::string_view name;
    std::size_t count;  ///< arguments after the name
    PayloadRef args;    ///< writes exactly that many values
};

/// Calls `use(EventRef)` for typed arguments; nothing is copied before the packet is written.
template <class F, class... A>
auto with_event(std::string_view name, F&& use, A const&... args) {
    auto const write = [&](Writer& writer) { write_args(writer, args...); };
    return use(EventRef{name, args_count(args...), PayloadRef(write)});
}

/// The arguments as a tree: for listeners to outgoing events and for other servers.
Args to_args(EventRef const& event);

/// Throws std::invalid_argument for the names the protocol reserves (connect, disconnect, ...).
void check_event_name(std::string_view name);

/// A message of an error with optional details, as Node's Error with `data`: what a middleware
/// refuses with. It reaches the client as connect_error {message, data}.
struct ConnectError {
    /// The text, and details as any JSON value.
    std::string message;
    std::optional<Json> data = {};
};

/// The same for event middlewares; reaches the namespace's on_error.
using EventError = ConnectError;

}  // namespace socketio
