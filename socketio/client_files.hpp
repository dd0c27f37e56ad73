#pragma once

#include "engineio/net/compress.hpp"
#include "engineio/net/http.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace socketio {

/// The browser bundles of `serve_client` (reference-behaviour 6.5), read once from a folder laid
/// out as npm's socket.io/client-dist. Immutable but for the compressed forms, which are made at
/// first use; any thread.
class ClientFiles {
public:
    /// `path` is the server's path without trailing slash. Throws std::runtime_error naming the
    /// folder and what to do if socket.io.js is not there.
    ClientFiles(std::string path, std::string const& folder);

    /// The answer if the target is exactly one of the bundles, whatever the method.
    std::optional<engineio::net::Response> serve(engineio::net::Request const& request);

private:
    struct File {
        std::string body;
        std::string gzip;     // empty until asked for
        std::string deflate;  // zlib format, likewise
    };

    File* find(std::string_view target);
    std::string const& encoded(File& file, engineio::net::ContentEncoding encoding);

    std::string path_;
    std::string etag_;  // the version of the bundles in quotes, as in Node
    std::map<std::string, File, std::less<>> files_;
    std::mutex compressed_mutex_;  // guards the compressed forms of files_
};

}  // namespace socketio
