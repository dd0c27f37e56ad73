#include "engineio/net/http_write.hpp"

#include <boost/beast/http/status.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iterator>

namespace engineio::net {

namespace {

bool breaks_line(char c) {
    return c == '\r' || c == '\n' || c == '\0';
}

// Values may carry what a peer sent; a line break in one would let it write fields of its own.
void append_field(std::string& out, std::string_view name, std::string_view value) {
    std::remove_copy_if(name.begin(), name.end(), std::back_inserter(out), breaks_line);
    out += ": ";
    std::remove_copy_if(value.begin(), value.end(), std::back_inserter(out), breaks_line);
    out += "\r\n";
}

// Formatting a date costs more than the rest of the head, and it changes once a second.
std::string const& date_now() {
    thread_local std::time_t second = 0;
    thread_local std::string text;
    auto const now = std::time(nullptr);
    if (now != second) {
        second = now;
        text = http_date(now);
    }
    return text;
}

bool is_ours(std::string_view name) {
    return iequals(name, "content-length") || iequals(name, "connection") ||
           iequals(name, "keep-alive") || iequals(name, "transfer-encoding");
}

bool has_no_body(int status) {
    return status < 200 || status == 204 || status == 304;
}

}  // namespace

std::string response_bytes(Response const& response, bool head_request,
                           std::optional<std::chrono::milliseconds> keep_alive) {
    auto const reason = boost::beast::http::obsolete_reason(
        boost::beast::http::int_to_status(static_cast<unsigned>(response.status)));
    auto out = fmt::format("HTTP/1.1 {} {}\r\n", response.status,
                           std::string_view(reason.data(), reason.size()));
    bool dated = false;
    for (auto const& header : response.headers) {
        if (!is_ours(header.name)) {
            append_field(out, header.name, header.value);
        }
        dated = dated || iequals(header.name, "date");
    }
    if (!dated) {
        append_field(out, "Date", date_now());
    }
    if (keep_alive) {
        append_field(out, "Connection", "keep-alive");
        if (*keep_alive != std::chrono::milliseconds::zero()) {
            fmt::format_to(std::back_inserter(out), "Keep-Alive: timeout={}\r\n",
                           std::chrono::floor<std::chrono::seconds>(*keep_alive).count());
        }
    } else {
        append_field(out, "Connection", "close");
    }
    auto const* const announced = find_header(response.headers, "content-length");
    if (response.status == 204 && announced) {
        append_field(out, "Content-Length", *announced);  // what the cors package does
    } else if (!has_no_body(response.status)) {
        // A HEAD answer may announce the length of a body it did not make.
        append_field(out, "Content-Length",
                     head_request && announced ? *announced
                                               : std::to_string(response.content().size()));
    }
    out += "\r\n";
    if (!head_request && !has_no_body(response.status) && !response.shared_body) {
        out += response.body;
    }
    return out;
}

SharedBytes shared_bytes(Response const& response, bool head_request) {
    return head_request || has_no_body(response.status) ? SharedBytes() : response.shared_body;
}

std::string switching_head(std::string_view accept, std::string_view subprotocol,
                           std::string_view extensions, Headers const& headers) {
    std::string out = "HTTP/1.1 101 Switching Protocols\r\n"
                      "Upgrade: websocket\r\n"
                      "Connection: Upgrade\r\n";
    append_field(out, "Sec-WebSocket-Accept", accept);
    if (!subprotocol.empty()) {
        append_field(out, "Sec-WebSocket-Protocol", subprotocol);
    }
    if (!extensions.empty()) {
        append_field(out, "Sec-WebSocket-Extensions", extensions);
    }
    for (auto const& header : headers) {
        append_field(out, header.name, header.value);
    }
    out += "\r\n";
    return out;
}

}  // namespace engineio::net
