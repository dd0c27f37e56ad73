#include "engineio/net/http_parse.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace engineio::net {

namespace http = boost::beast::http;

namespace {

// Beast takes it for a broken promise of ours, and ends the process, when such a chunk is the first
// one and less than this of it was there before.
constexpr std::size_t shortest_last_chunk = std::string_view("0\r\n\r\n").size();

// Fields that appear once; a repetition is dropped, as Node does. The rest is joined with ", ".
constexpr std::array<std::string_view, 16> single_fields = {
    "age",
    "authorization",
    "content-length",
    "content-type",
    "etag",
    "expires",
    "from",
    "host",
    "if-modified-since",
    "if-unmodified-since",
    "last-modified",
    "location",
    "max-forwards",
    "proxy-authorization",
    "referer",
    "user-agent",
};

// Finds the field of a name: by looking at all, as long as that is quick; a head of two thousand
// names would cost milliseconds. Not by a hash: who sends the names may choose them to collide.
class FieldIndex {
public:
    Header* find(Headers& headers, std::string const& name) {
        if (headers.size() <= quick) {
            auto const same = [&](Header const& header) { return header.name == name; };
            auto const found = std::find_if(headers.begin(), headers.end(), same);
            return found == headers.end() ? nullptr : &*found;
        }
        for (; indexed_ < headers.size(); ++indexed_) {
            places_.emplace(headers[indexed_].name, indexed_);
        }
        auto const found = places_.find(name);
        return found == places_.end() ? nullptr : &headers[found->second];
    }

private:
    static constexpr std::size_t quick = 40;

    std::map<std::string, std::size_t> places_;
    std::size_t indexed_ = 0;
};

void add_field(Headers& headers, FieldIndex& index, std::string name, std::string_view value) {
    auto* const found = index.find(headers, name);
    if (!found) {
        headers.push_back({std::move(name), std::string(value)});
    } else if (std::find(single_fields.begin(), single_fields.end(), name) == single_fields.end()) {
        found->value += name == "cookie" ? "; " : ", ";
        found->value += value;
    }
}

bool is_token_start(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

bool is_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

}  // namespace

HeadScan scan_head(std::string_view bytes, std::size_t& position) {
    if (!bytes.empty() && !is_token_start(bytes.front())) {
        return HeadScan::malformed;
    }
    for (;;) {
        bool const line_begins = position != 0 && bytes[position - 1] == '\n';
        if (line_begins && position < bytes.size() && is_blank(bytes[position])) {
            return HeadScan::malformed;
        }
        auto const lf = bytes.find('\n', position);
        if (lf == std::string_view::npos) {
            position = bytes.size();
            return HeadScan::incomplete;
        }
        if (lf == 0 || bytes[lf - 1] != '\r') {
            return HeadScan::malformed;
        }
        position = lf + 1;
        if (lf >= 3 && bytes[lf - 2] == '\n') {
            return HeadScan::complete;
        }
    }
}

// Beast's events, turned into a Request and a body string.
struct RequestParser::Sink final : http::basic_parser<true> {
    using Error = boost::beast::error_code;
    using View = boost::beast::string_view;

    Sink(std::size_t max_header_size, std::size_t max_headers_count)
        : max_header_size(max_header_size), max_headers_count(max_headers_count) {
        header_limit(static_cast<std::uint32_t>(max_header_size));
        body_limit(boost::none);  // ours is known only when the body is asked for
    }

    void on_request_impl(http::verb verb, View method, View target, int version,
                         Error& error) override {
        request->method = method;
        request->target = origin_form(target);
        request->http_minor = version % 10;
        // Node's parser knows two methods more than Beast's, and no others.
        if (verb == http::verb::unknown && method != "QUERY" && method != "SOURCE") {
            error = http::error::bad_method;
        }
        bool const asterisk = verb == http::verb::options && request->target == "*";
        if ((!request->target.starts_with('/') && !asterisk) || !is_ascii(target)) {
            error = http::error::bad_target;
        }
    }

    // "http://host/path" → "/path", the host kept for later; anything else as it is.
    std::string origin_form(std::string_view target) {
        auto const colon = target.find("://");
        auto const scheme = target.substr(0, colon);
        if (colon == std::string_view::npos ||
            (!iequals(scheme, "http") && !iequals(scheme, "https"))) {
            return std::string(target);
        }
        auto const rest = target.substr(colon + 3);
        auto const end = std::min(rest.find_first_of("/?"), rest.size());
        authority = rest.substr(0, end);
        if (authority.empty()) {
            return {};
        }
        auto const path = rest.substr(end);
        return path.starts_with('/') ? std::string(path) : "/" + std::string(path);
    }

    void on_response_impl(int, View, int, Error&) override {}

    void on_field_impl(http::field field, View name, View value, Error& error) override {
        // Beast takes "1, 1" for 1. Whoever reads it otherwise sees another end of the body.
        if (field == http::field::content_length &&
            (++content_lengths > 1 || !is_digits(std::string_view(value)))) {
            error = http::error::bad_content_length;
        }
        if (field == http::field::host && ++hosts > 1) {
            error = http::error::bad_field;  // RFC 9112 section 3.2
        }
        // A coding we cannot undo would make the body's end a matter of opinion (smuggling).
        if (field == http::field::transfer_encoding && !iequals(value, "chunked")) {
            error = http::error::bad_transfer_encoding;
        }
        // Fields after the last chunk are checked and dropped.
        if (request && (++fields <= max_headers_count || max_headers_count == 0)) {
            add_field(request->headers, index, to_lower(name), value);
        }
    }

    void on_header_impl(Error& error) override {
        if (request->http_minor == 1 && !find_header(request->headers, "host")) {
            error = http::error::bad_field;
        }
        if (!authority.empty()) {
            set_header(request->headers, "host", authority);
        }
        // Chunked coding does not exist in HTTP/1.0 (RFC 9112 section 6.1).
        if (request->http_minor == 0 && basic_parser::chunked()) {
            error = http::error::bad_transfer_encoding;
        }
        if (auto const length = content_length()) {
            announced = *length;
        }
    }

    void on_body_init_impl(boost::optional<std::uint64_t> const&, Error&) override {}

    std::size_t on_body_impl(View body, Error& error) override {
        take(body, error);
        return body.size();
    }
    void on_chunk_header_impl(std::uint64_t size, View extensions, Error& error) override {
        extension_bytes += extensions.size();
        if (extension_bytes > max_header_size) {
            error = http::error::header_limit;
        } else if (size > max_bytes - received) {
            error = http::error::body_limit;
        }
    }
    std::size_t on_chunk_body_impl(std::uint64_t, View body, Error& error) override {
        take(body, error);
        return body.size();
    }
    void on_finish_impl(Error&) override {}

    void take(View body, Error& error) {
        if (body.size() > max_bytes - received) {
            error = http::error::body_limit;
            return;
        }
        received += body.size();
        body_bytes += body.size();
        if (out) {
            out->append(body.data(), body.size());
        }
    }

    std::size_t const max_header_size;
    std::size_t const max_headers_count;  // 0: all
    Request* request = nullptr;           // while its head is parsed
    FieldIndex index;
    std::string* out = nullptr;
    std::uint64_t max_bytes = 0;
    std::uint64_t received = 0;         // since collect()
    std::uint64_t body_bytes = 0;       // of the request
    std::uint64_t announced = 0;        // Content-Length
    std::uint64_t extension_bytes = 0;  // of all chunks
    std::size_t fields = 0;
    unsigned content_lengths = 0;
    unsigned hosts = 0;
    std::string authority;  // of a target in absolute-form
    bool continue_expected = false;
    bool unknown_expected = false;
};

RequestParser::RequestParser(std::size_t max_header_size, std::size_t max_headers_count)
    : sink_(std::make_unique<Sink>(max_header_size, max_headers_count)) {}

RequestParser::~RequestParser() = default;

bool RequestParser::parse_head(std::string_view head, Request& request) {
    sink_->request = &request;
    boost::beast::error_code error;
    sink_->put(boost::asio::buffer(head.data(), head.size()), error);
    sink_->request = nullptr;
    sink_->index = {};  // it would stay as long as the answer is awaited
    if (error || !sink_->is_header_done()) {
        return false;
    }
    // Proxies put "Connection: upgrade" on every request (socket.io's guide for nginx), which alone
    // asks for nothing. Nor does an empty Upgrade, in Node's eyes.
    request.upgrade = sink_->upgrade() && !request.header("upgrade").empty();
    // Clients of HTTP/1.0 expect nothing (RFC 9110 section 10.1.1).
    auto const* expect = find_header(request.headers, "expect");
    if (expect && request.http_minor > 0) {
        sink_->continue_expected = iequals(*expect, "100-continue");
        sink_->unknown_expected = !sink_->continue_expected;
    }
    return true;
}

bool RequestParser::complete() const {
    return sink_->is_done();
}

bool RequestParser::keep_alive() const {
    return sink_->keep_alive();
}

bool RequestParser::expects_continue() const {
    return sink_->continue_expected;
}

bool RequestParser::expects_unknown() const {
    return sink_->unknown_expected;
}

bool RequestParser::chunked() const {
    return sink_->chunked();
}

bool RequestParser::fields_dropped() const {
    return sink_->max_headers_count != 0 && sink_->fields > sink_->max_headers_count;
}

std::optional<std::uint64_t> RequestParser::remaining() const {
    if (sink_->is_done()) {
        return 0;
    }
    if (sink_->chunked()) {
        return std::nullopt;
    }
    return sink_->announced - sink_->body_bytes;
}

void RequestParser::collect(std::string* out, std::uint64_t max_bytes) {
    sink_->out = out;
    sink_->max_bytes = max_bytes;
    sink_->received = 0;
}

RequestParser::Body RequestParser::feed(std::string_view bytes, std::size_t& consumed) {
    consumed = 0;
    auto result = Body::more;
    while (result == Body::more && !sink_->is_done() && consumed < bytes.size()) {
        boost::beast::error_code error;
        auto const rest = bytes.substr(consumed);
        if (sink_->chunked() && rest.size() < shortest_last_chunk && rest.starts_with('0')) {
            break;  // more must come in any case
        }
        consumed += sink_->put(boost::asio::buffer(rest.data(), rest.size()), error);
        if (error == http::error::need_more) {
            // A chunk header or trailer is held back until it is whole, so it must have a limit.
            bool const endless = bytes.size() - consumed > sink_->max_header_size;
            result = endless ? Body::too_much_around : Body::more;
            break;
        }
        if (error) {
            result = error == http::error::body_limit     ? Body::too_large
                     : error == http::error::header_limit ? Body::too_much_around
                                                          : Body::malformed;
        }
    }
    return result == Body::more && sink_->is_done() ? Body::complete : result;
}

}  // namespace engineio::net
