#include "apps/common/static_site.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <system_error>
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

net::Response plain(int status, std::string text) {
    net::Response response;
    response.status = status;
    net::set_header(response.headers, "Content-Type", "text/plain; charset=utf-8");
    response.body = std::move(text);
    return response;
}

// Below, the head of the answer outweighs what compression saves.
constexpr std::size_t compression_threshold = 1024;

bool is_compressible(std::string_view type) {
    return type.starts_with("text/") || type.starts_with("application/json") ||
           type.starts_with("application/manifest") || type == "image/svg+xml" ||
           type == "application/wasm";
}

// From `first` up to and without `end`.
struct ByteRange {
    std::size_t first;
    std::size_t end;
};

enum class RangeKind { whole, part, beyond };

std::optional<std::size_t> position(std::string_view digits) {
    std::size_t value = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc::result_out_of_range) {
        return std::numeric_limits<std::size_t>::max();
    }
    if (error != std::errc() || end != digits.data() + digits.size()) {
        return std::nullopt;
    }
    return value;
}

// One range as RFC 9110 14.1.2 writes it: "bytes=2-5", "bytes=2-", "bytes=-3". What is not of this
// form is to be ignored.
RangeKind parse_range(std::string_view header, std::size_t size, ByteRange& range) {
    constexpr std::string_view unit = "bytes=";
    auto const dash = header.find('-');
    if (!header.starts_with(unit) || dash == std::string_view::npos) {
        return RangeKind::whole;
    }
    auto const before = header.substr(unit.size(), dash - unit.size());
    auto const after = header.substr(dash + 1);
    auto const first = position(before);
    auto const last = position(after);
    if (before.empty() && last) {  // that many from the end
        range = {size - std::min(*last, size), size};
        return range.first < size ? RangeKind::part : RangeKind::beyond;
    }
    if (!first || (!last && !after.empty()) || (last && *last < *first)) {
        return RangeKind::whole;
    }
    range = {*first, last ? std::min(*last, size - 1) + 1 : size};
    return *first < size ? RangeKind::part : RangeKind::beyond;
}

// A range counts for GET only, and with If-Range only while the file is the one the client has.
bool wants_range(net::Request const& request, std::string_view etag) {
    auto const condition = request.header("if-range");
    return request.method == "GET" && !request.header("range").empty() &&
           (condition.empty() || condition == etag);
}

void send_range(net::Response& response, std::string_view header, net::EncodedBody const& body) {
    auto const& content = body.identity();
    ByteRange range{0, content.size()};
    auto const size = std::to_string(content.size());
    switch (parse_range(header, content.size(), range)) {
    case RangeKind::whole:
        response.shared_body = body.as(net::ContentEncoding::identity);
        return;
    case RangeKind::beyond:
        response.status = 416;
        net::set_header(response.headers, "Content-Range", "bytes */" + size);
        return;
    case RangeKind::part:
        response.status = 206;
        net::set_header(response.headers, "Content-Range",
                        "bytes " + std::to_string(range.first) + "-" +
                            std::to_string(range.end - 1) + "/" + size);
        response.shared_body = net::SharedBytes(body.as(net::ContentEncoding::identity))
                                   .part(range.first, range.end - range.first);
        return;
    }
}

// The tag of a file in a content coding: "1234-gzip" for "1234".
std::string tag_of(std::string_view etag, std::string_view coding) {
    return std::string(etag.substr(0, etag.size() - 1)) + "-" + std::string(coding) + "\"";
}

// Whatever its coding, the client has the file.
bool lists_etag(std::string_view if_none_match, std::string_view etag) {
    return if_none_match == "*" ||
           if_none_match.find(etag.substr(0, etag.size() - 1)) != std::string_view::npos;
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
        add(entry.path(), "/" + relative.generic_string());
    }
}

void StaticSite::add(fs::path const& path, std::string key) {
    std::ifstream stream(path, std::ios::binary);
    std::string content(std::istreambuf_iterator<char>(stream), {});
    auto& file = files_.try_emplace(std::move(key), std::move(content)).first->second;
    file.type = content_type_of(path.filename().native());
    file.etag = make_etag(file.body.identity());
    file.compressible =
        file.body.identity().size() >= compression_threshold && is_compressible(file.type);
}

net::Response StaticSite::answer(net::Request const& request) const {
    if (request.method != "GET" && request.method != "HEAD") {
        auto response = plain(405, "Method not allowed\n");
        net::set_header(response.headers, "Allow", "GET, HEAD");
        return response;
    }
    auto const* file = find(request);
    if (file == nullptr) {
        return plain(404, "Not found\n");
    }
    net::Response response;
    auto& headers = response.headers;
    net::set_header(headers, "ETag", file->etag);
    // Always ask again: a changed page is seen at once, an unchanged one costs only a 304.
    net::set_header(headers, "Cache-Control", "no-cache");
    net::set_header(headers, "X-Content-Type-Options", "nosniff");
    net::set_header(headers, "Accept-Ranges", "bytes");
    if (file->compressible) {
        net::set_header(headers, "Vary", "Accept-Encoding");
    }
    if (lists_etag(request.header("if-none-match"), file->etag)) {
        response.status = 304;
        return response;
    }
    net::set_header(headers, "Content-Type", std::string(file->type));
    if (wants_range(request, file->etag)) {
        send_range(response, request.header("range"), file->body);
        return response;
    }
    auto encoding = net::ContentEncoding::identity;
    if (file->compressible) {
        encoding = net::negotiate_encoding(request.header("accept-encoding"));
    }
    if (encoding != net::ContentEncoding::identity) {
        auto const name = std::string(net::encoding_name(encoding));
        net::set_header(headers, "Content-Encoding", name);
        // Other bytes, another tag: a range of the plain file must not continue this one.
        net::set_header(headers, "ETag", tag_of(file->etag, name));
    }
    response.shared_body = file->body.as(encoding);
    return response;
}

StaticSite::File const* StaticSite::find(net::Request const& request) const {
    // File names may hold spaces and letters beyond ASCII; a broken escape stays as it is.
    auto key = net::percent_decode(request.path());
    if (key.empty() || key.back() == '/') {
        key += "index.html";
    }
    auto found = files_.find(key);
    // A page's script or picture that is missing is no page; what a person opens is one.
    bool const names_file = key.find('.', key.rfind('/') + 1) != std::string::npos &&
                            request.header("accept").find("text/html") == std::string_view::npos;
    if (found == files_.end() && spa_fallback_ && !names_file) {
        found = files_.find("/index.html");
    }
    return found == files_.end() ? nullptr : &found->second;
}

}  // namespace apps::common
