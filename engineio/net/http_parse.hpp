#pragma once

#include "engineio/limits.hpp"
#include "engineio/net/http.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace engineio::net {

// How far a request's head has come in a growing buffer.
enum class HeadScan : std::uint8_t { incomplete, complete, malformed };

// Looks for the empty line; `position` is kept between calls so that each byte is looked at once,
// and is the length of the head when complete. A bare LF, a folded line (RFC 9112 section 5.2; two
// readers may see different fields in it) or a first byte no method starts with is malformed at
// once, so that a TLS hello is not waited on until the timeout.
HeadScan scan_head(std::string_view bytes, std::size_t& position);

// One HTTP/1 request in bytes (RFC 9112), without I/O. A thin shell around Beast's parser, which
// is stricter than needed nowhere and collects nothing by itself. Owned by HttpConnection, one per
// request.
class RequestParser {
public:
    // too_much_around: the extensions of all chunks, or the trailer, are longer than a head may be.
    enum class Body : std::uint8_t { more, complete, too_large, too_much_around, malformed };

    // `max_headers_count` zero: all fields are taken.
    explicit RequestParser(std::size_t max_header_size = limits::max_header_bytes,
                           std::size_t max_headers_count = limits::max_headers_count);
    ~RequestParser();

    // `head` as delimited by scan_head(). False: answer 400 and close. Fills `request` except for
    // the peer's address. A target in absolute-form becomes origin-form, its authority the Host
    // (RFC 9112 section 3.2.2).
    bool parse_head(std::string_view head, Request& request);

    // Valid after the head.
    bool complete() const;
    bool keep_alive() const;
    bool expects_continue() const;
    // Expects something else, which nobody can meet (RFC 9110 section 10.1.1).
    bool expects_unknown() const;
    bool chunked() const;
    // There were more fields than are taken.
    bool fields_dropped() const;
    // Announced bytes still to come; nothing if chunked.
    std::optional<std::uint64_t> remaining() const;

    // Where body bytes go: at most `max_bytes` into `out`; a null `out` discards them.
    void collect(std::string* out, std::uint64_t max_bytes);
    // Consumes body bytes from the front of `bytes`.
    Body feed(std::string_view bytes, std::size_t& consumed);

private:
    struct Sink;
    std::unique_ptr<Sink> sink_;
};

}  // namespace engineio::net
