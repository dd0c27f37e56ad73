#pragma once

#include "socketio/core.hpp"
#include "socketio/namespace.hpp"
#include "socketio/namespace_shard.hpp"

#include <utility>

namespace socketio {

/// Calls `visit(Socket&)` for the recipients of a broadcast on this shard, each told of the event
/// before if it listens to outgoing ones. Where functions of the application may run in between,
/// the recipients are those of the beginning without who has left since.
template <class F>
void Namespace::each_recipient(NamespaceShard& part, Selection const& selection, Event const* told,
                               F&& visit) {
    if (!told && !core_.has_send_hooks()) {
        return part.for_each(selection, visit);
    }
    auto const recipients = part.collect(selection);
    // However it ends: a broadcast that came meanwhile waits until it has.
    struct Delivering {
        explicit Delivering(bool& flag) : flag_(flag) { flag_ = true; }
        ~Delivering() { flag_ = false; }
        bool& flag_;
    } const delivering(part.delivering);
    for (auto const& socket : recipients) {
        if (told && socket->connected_ && socket->hears_outgoing()) {
            socket->tell_outgoing(*told);
        }
        if (socket->connected_) {
            visit(*socket);
        }
    }
}

}  // namespace socketio
