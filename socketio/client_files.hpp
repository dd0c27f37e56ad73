#pragma once

#include "engineio/net/encoded_body.hpp"
#include "engineio/net/http.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace socketio {

/// The browser bundles of `serve_client` (reference-behaviour 6.5), read once from a folder laid
/// out as npm's socket.io/client-dist. Any thread.
class ClientFiles {
public:
    /// `path` is the server's path without trailing slash. Throws std::runtime_error naming the
    /// folder and what to do if socket.io.js is not there.
    ClientFiles(std::string path, std::string const& folder);

    /// The answer if the target is exactly one of the bundles, whatever the method.
    std::optional<engineio::net::Response> serve(engineio::net::Request const& request) const;

private:
    engineio::net::EncodedBody const* find(std::string_view target) const;

    std::string path_;
    std::string etag_;  // the version of the bundles in quotes, as in Node
    std::map<std::string, engineio::net::EncodedBody, std::less<>> files_;
};

}  // namespace socketio
