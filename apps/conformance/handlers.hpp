#pragma once

#include "apps/conformance/reasons.hpp"
#include "socketio/socketio.hpp"

namespace conformance {

/// Installs CONTRACT.md's "on every socket" events. `reasons` must outlive the server.
void install(socketio::HandlerRegistry& handlers, Reasons& reasons);

/// The name a client gave itself by auth.tag or query tag.
std::optional<std::string> tag_of(socketio::Handshake const& handshake);

}  // namespace conformance
