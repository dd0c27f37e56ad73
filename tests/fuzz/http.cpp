// HTTP requests: the head, however it is cut, and the body behind it. What the parser gives out
// must be printable again as a request that means the same.

#include "engineio/limits.hpp"
#include "engineio/net/http_parse.hpp"
#include "tests/fuzz/targets.hpp"

#include <optional>
#include <set>
#include <string>

namespace fuzz {
namespace http_target {

using namespace engineio;
using net::HeadScan;
using net::RequestParser;

constexpr std::size_t max_body_bytes = 300;

// What became of a stream of bytes, as text to be compared.
struct Reader {
    std::string buffer;
    std::size_t scanned = 0;
    HeadScan scan = HeadScan::incomplete;
    RequestParser parser;
    net::Request request;
    bool accepted = false;
    std::string body;
    std::string outcome = "incomplete";

    bool over() const { return outcome != "incomplete"; }

    void feed(std::string_view bytes) {
        buffer += bytes;
        if (!accepted && !over()) {
            read_head();
        }
        if (accepted && !over()) {
            read_body();
        }
    }
    void read_head() {
        scan = net::scan_head(buffer, scanned);
        FUZZ_CHECK(scanned <= buffer.size());
        if (scan == HeadScan::malformed) {
            outcome = "malformed head";
        }
        if (scan != HeadScan::complete) {
            return;
        }
        if (!parser.parse_head(std::string_view(buffer).substr(0, scanned), request)) {
            outcome = "refused head";
            return;
        }
        accepted = true;
        buffer.erase(0, scanned);
        parser.collect(&body, max_body_bytes);
        if (parser.complete()) {
            outcome = "complete";
        }
    }
    void read_body() {
        std::size_t consumed = 0;
        auto const result = parser.feed(buffer, consumed);
        FUZZ_CHECK(consumed <= buffer.size());
        FUZZ_CHECK(body.size() <= max_body_bytes);
        buffer.erase(0, consumed);
        switch (result) {
        case RequestParser::Body::more:
            // What is held back for the end of a chunk's header has a limit.
            FUZZ_CHECK(buffer.size() <= limits::max_header_bytes);
            return;
        case RequestParser::Body::complete:
            FUZZ_CHECK(parser.complete());
            outcome = "complete";
            return;
        case RequestParser::Body::too_large:
            outcome = "too large";
            return;
        case RequestParser::Body::too_much_around:
            outcome = "too much around the body";
            return;
        case RequestParser::Body::malformed:
            outcome = "malformed body";
            return;
        }
    }
};

std::string shown(Reader const& reader) {
    std::string text = reader.outcome;
    if (reader.accepted) {
        text += " " + reader.request.method + " " + reader.request.target;
        for (auto const& [name, value] : reader.request.headers) {
            text += "\n" + name + ": " + value;
        }
        text += "\nupgrade " + std::to_string(reader.request.upgrade);
    }
    // Of a body that is refused it does not matter how far it was read.
    return reader.outcome == "complete" ? text + "\n" + reader.body + "\nrest " + reader.buffer
                                        : text;
}

void check_request(Reader const& reader) {
    auto const& request = reader.request;
    FUZZ_CHECK(request.target.starts_with('/') || request.target == "*");
    FUZZ_CHECK(request.http_minor <= 1);
    FUZZ_CHECK(request.headers.size() <= limits::max_headers_count);
    std::set<std::string> names;
    for (auto const& [name, value] : request.headers) {
        FUZZ_CHECK(!name.empty() && names.insert(name).second);
        FUZZ_SAME(name, net::to_lower(name));
        // Neither may start another line when it is logged, echoed or passed on.
        FUZZ_CHECK((name + value).find_first_of(std::string_view("\r\n\0", 3)) ==
                   std::string::npos);
        // But for empty ones of one name, which are joined like all others.
        bool const joined = value.find(", ") != value.npos || value.find("; ") != value.npos;
        FUZZ_CHECK(joined || value == net::trim(value));
    }
    if (request.http_minor == 1) {
        FUZZ_CHECK(names.count("host") == 1);
    }
    // Two ways to tell where the body ends are one too many (request smuggling).
    bool const chunked = reader.parser.chunked();
    FUZZ_CHECK(!(chunked && names.count("content-length") != 0));
    FUZZ_CHECK(!(chunked && request.http_minor == 0));
    static_cast<void>(request.query());
    FUZZ_CHECK(request.target.starts_with(request.path()));
}

// A head of the same meaning, written by us, is read as the same.
void check_round_trip(Reader const& first) {
    auto const& request = first.request;
    std::string head = request.method + " " + request.target + " HTTP/1." +
                       std::to_string(request.http_minor) + "\r\n";
    for (auto const& [name, value] : request.headers) {
        head += name + ": " + value + "\r\n";
    }
    Reader second;
    second.feed(head + "\r\n");
    FUZZ_CHECK(second.accepted);
    FUZZ_SAME(second.request.method + second.request.target, request.method + request.target);
    FUZZ_CHECK(second.request.headers.size() == request.headers.size());
    for (std::size_t i = 0; i < request.headers.size(); ++i) {
        FUZZ_SAME(second.request.headers[i].name, request.headers[i].name);
        FUZZ_SAME(second.request.headers[i].value,
                  std::string(net::trim(request.headers[i].value)));
    }
}

}  // namespace http_target

void http(Bytes bytes) {
    using namespace http_target;
    Input input(bytes);
    auto const seed = input.byte();
    auto const stream = input.rest();
    Reader whole;
    whole.feed(stream);
    for (std::uint8_t const cuts : {std::uint8_t{1}, seed}) {
        Reader cut;
        in_pieces(stream, cuts, [&](std::span<char> piece) {
            cut.feed({piece.data(), piece.size()});
        });
        FUZZ_SAME(shown(cut), shown(whole));
    }
    if (whole.accepted) {
        check_request(whole);
        check_round_trip(whole);
    }
}

}  // namespace fuzz
