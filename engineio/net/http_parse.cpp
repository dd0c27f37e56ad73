#include "engineio/net/http_parse.hpp"

#include "engineio/limits.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <array>

namespace engineio::net {

namespace http = boost::beast::http;

namespace {

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

void add_field(Headers& headers, std::string name, std::string_view value) {
    auto const same = [&](Header const& header) { return header.name == name; };
    auto const found = std::find_if(headers.begin(), headers.end(), same);
    if (found == headers.end()) {
        headers.push_back({std::move(name), std::string(value)});
    } else if (std::find(single_fields.begin(), single_fields.end(), name) == single_fields.end()) {
        found->value += name == "cookie" ? "; " : ", ";
        found->value += value;
    }
}

bool is_token_start(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

HeadScan scan_head(std::string_view bytes, std::size_t& position) {
    if (!bytes.empty() && !is_token_start(bytes.front())) {
        return HeadScan::malformed;
    }
    for (;;) {
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

    Sink() {
        header_limit(static_cast<std::uint32_t>(limits::max_header_bytes));
        body_limit(boost::none);  // ours is known only when the body is asked for
    }

    void on_request_impl(http::verb, View method, View target, int version, Error&) override {
        request->method = method;
        request->target = target;
        request->http_minor = version % 10;
    }
    void on_response_impl(int, View, int, Error&) override {}

    void on_field_impl(http::field field, View name, View value, Error& error) override {
        if (field == http::field::content_length && ++content_lengths > 1) {
            error = http::error::multiple_content_length;
        }
        // A coding we cannot undo would make the body's end a matter of opinion (smuggling).
        if (field == http::field::transfer_encoding && !iequals(value, "chunked")) {
            error = http::error::bad_transfer_encoding;
        }
        if (++fields <= limits::max_headers_count) {
            add_field(request->headers, to_lower(name), value);
        }
    }

    void on_header_impl(Error& error) override {
        if (request->http_minor == 1 && !find_header(request->headers, "host")) {
            error = http::error::bad_field;
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
    void on_chunk_header_impl(std::uint64_t size, View, Error& error) override {
        if (size > max_bytes - received) {
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

    Request* request = nullptr;
    std::string* out = nullptr;
    std::uint64_t max_bytes = 0;
    std::uint64_t received = 0;    // since collect()
    std::uint64_t body_bytes = 0;  // of the request
    std::uint64_t announced = 0;   // Content-Length
    std::size_t fields = 0;
    unsigned content_lengths = 0;
    bool continue_expected = false;
};

RequestParser::RequestParser() : sink_(std::make_unique<Sink>()) {}

RequestParser::~RequestParser() = default;

bool RequestParser::parse_head(std::string_view head, Request& request) {
    sink_->request = &request;
    boost::beast::error_code error;
    sink_->put(boost::asio::buffer(head.data(), head.size()), error);
    sink_->request = nullptr;
    if (error || !sink_->is_header_done()) {
        return false;
    }
    request.upgrade = sink_->upgrade();
    auto const* expect = find_header(request.headers, "expect");
    sink_->continue_expected = expect && iequals(*expect, "100-continue");
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

bool RequestParser::chunked() const {
    return sink_->chunked();
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
    Request trailers;  // fields after the last chunk are checked and dropped
    sink_->request = &trailers;
    auto result = Body::more;
    while (result == Body::more && !sink_->is_done() && consumed < bytes.size()) {
        boost::beast::error_code error;
        auto const rest = bytes.substr(consumed);
        consumed += sink_->put(boost::asio::buffer(rest.data(), rest.size()), error);
        if (error == http::error::need_more) {
            // A chunk header or trailer is held back until it is whole, so it must have a limit.
            bool const endless = bytes.size() - consumed > limits::max_header_bytes;
            result = endless ? Body::malformed : Body::more;
            break;
        }
        if (error) {
            result = error == http::error::body_limit ? Body::too_large : Body::malformed;
        }
    }
    sink_->request = nullptr;
    return result == Body::more && sink_->is_done() ? Body::complete : result;
}

}  // namespace engineio::net
