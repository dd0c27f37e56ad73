#include "apps/common/static_site.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

namespace apps::common {

namespace {

namespace net = engineio::net;
namespace fs = std::filesystem;

constexpr std::pair<std::string_view, std::string_view> types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json; charset=utf-8"},
    {".map", "application/json; charset=utf-8"},
    {".txt", "text/plain; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".gif", "image/gif"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff", "font/woff"},
    {".woff2", "font/woff2"},
    {".wasm", "application/wasm"},
    {".mp3", "audio/mpeg"},
    {".webmanifest", "application/manifest+json"},
};

// FNV-1a, 64 bits: tells versions of one file apart. Not a defence against anybody; the files are
// the operator's own.
std::string make_etag(std::string_view content) {
    std::uint64_t hash = 14695981039346656037ULL;
    for (char const c : content) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string etag = "\"";
    for (int shift = 60; shift >= 0; shift -= 4) {
        etag += digits[(hash >> shift) & 0xFU];
    }
    return etag + '"';
}

bool is_hidden(fs::path const& relative) {
    return std::any_of(relative.begin(), relative.end(),
                       [](fs::path const& part) { return part.native().front() == '.'; });
}

std::optional<char> hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return static_cast<char>(c - '0');
    }
    char const lower = static_cast<char>(c | 0x20);
    if (lower >= 'a' && lower <= 'f') {
        return static_cast<char>(lower - 'a' + 10);
    }
    return std::nullopt;
}

// File names may hold spaces and letters beyond ASCII; a broken escape stays as it is.
std::string percent_decoded(std::string_view path) {
    std::string text;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] == '%' && i + 2 < path.size()) {
            auto const high = hex_value(path[i + 1]);
            auto const low = hex_value(path[i + 2]);
            if (high && low) {
                text += static_cast<char>(*high * 16 + *low);
                i += 2;
                continue;
            }
        }
        text += path[i];
    }
    return text;
}

net::Response plain(int status, std::string text) {
    net::Response response;
    response.status = status;
    net::set_header(response.headers, "Content-Type", "text/plain; charset=utf-8");
    response.body = std::move(text);
    return response;
}

bool lists_etag(std::string_view if_none_match, std::string_view etag) {
    return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

}  // namespace

std::string_view content_type_of(std::string_view file_name) {
    auto const dot = file_name.rfind('.');
    if (dot != std::string_view::npos) {
        for (auto const& [ending, type] : types) {
            if (file_name.substr(dot) == ending) {
                return type;
            }
        }
    }
    return "application/octet-stream";
}

StaticSite::StaticSite(fs::path const& folder, bool spa_fallback) : spa_fallback_(spa_fallback) {
    std::size_t total = 0;
    for (auto const& entry : fs::recursive_directory_iterator(folder)) {
        auto const relative = entry.path().lexically_relative(folder);
        if (entry.is_symlink() || !entry.is_regular_file() || is_hidden(relative)) {
            continue;
        }
        total += entry.file_size();
        if (total > max_total_bytes) {
            break;
        }
        std::ifstream stream(entry.path(), std::ios::binary);
        File file;
        file.content.assign(std::istreambuf_iterator<char>(stream), {});
        file.type = content_type_of(relative.filename().native());
        file.etag = make_etag(file.content);
        files_.emplace("/" + relative.generic_string(), std::move(file));
    }
}

net::Response StaticSite::answer(net::Request const& request) const {
    if (request.method != "GET" && request.method != "HEAD") {
        auto response = plain(405, "Method not allowed\n");
        net::set_header(response.headers, "Allow", "GET, HEAD");
        return response;
    }
    auto const* file = find(request.path());
    if (file == nullptr) {
        return plain(404, "Not found\n");
    }
    net::Response response;
    net::set_header(response.headers, "ETag", file->etag);
    // Always ask again: a changed page is seen at once, an unchanged one costs only a 304.
    net::set_header(response.headers, "Cache-Control", "no-cache");
    net::set_header(response.headers, "X-Content-Type-Options", "nosniff");
    if (lists_etag(request.header("if-none-match"), file->etag)) {
        response.status = 304;
        return response;
    }
    net::set_header(response.headers, "Content-Type", file->type);
    response.body = file->content;
    return response;
}

StaticSite::File const* StaticSite::find(std::string_view path) const {
    auto key = percent_decoded(path);
    if (key.empty() || key.back() == '/') {
        key += "index.html";
    }
    auto found = files_.find(key);
    if (found == files_.end() && spa_fallback_) {
        found = files_.find("/index.html");
    }
    return found == files_.end() ? nullptr : &found->second;
}

}  // namespace apps::common
