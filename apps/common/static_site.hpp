#pragma once

#include "engineio/net/encoded_body.hpp"
#include "engineio/net/http.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace apps::common {

/// The files of one folder as a web site. All of them are read once at construction: answering
/// then never touches the disk, cannot block a shard, and a path in a request can name nothing
/// but a file that was in the folder. Read-only afterwards, so any thread may ask. Owned by
/// wiring, which keeps it alive as long as the server.
///
/// Skipped: hidden files, symbolic links, and whatever goes beyond `max_total_bytes`.
class StaticSite {
public:
    static constexpr std::size_t max_total_bytes = 256 * 1024 * 1024;

    StaticSite() = default;  ///< an empty site: every path is unknown

    /// Throws std::filesystem::filesystem_error if there is no such folder. `spa_fallback` answers
    /// unknown paths with the site's index.html, which a single-page application needs for its
    /// routes; a last segment with a dot names a file, and a missing file stays a 404.
    explicit StaticSite(std::filesystem::path const& folder, bool spa_fallback = false);

    bool empty() const { return files_.empty(); }

    /// The answer to a GET or HEAD: 200, 206 for one range of bytes, 304 if the client has the file
    /// already, 404, 405 for other methods, or 416 for a range beyond the end (RFC 9110 section 14;
    /// a request for several ranges gets the whole). Text is compressed if the client takes gzip
    /// or deflate. "/" and "/folder/" mean the index.html there.
    engineio::net::Response answer(engineio::net::Request const& request) const;

private:
    struct File {
        explicit File(std::string content) : body(std::move(content)) {}
        engineio::net::EncodedBody body;
        std::string_view type;
        std::string etag;
        bool compressible = false;
    };

    void add(std::filesystem::path const& file, std::string path);

    File const* find(engineio::net::Request const& request) const;

    std::unordered_map<std::string, File> files_;  // by path with leading slash
    bool spa_fallback_ = false;
};

/// The Content-Type for a file name, "application/octet-stream" if its ending is unknown.
std::string_view content_type_of(std::string_view file_name);

}  // namespace apps::common
