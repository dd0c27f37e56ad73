#pragma once

#include "engineio/limits.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The opening handshake of RFC 6455 section 4.2 and the negotiation of RFC 7692, as pure checks
/// of header values. Answers, order of checks and texts are those of ws 8.
namespace engineio::net {

struct Request;

/// What the server is willing to do about permessage-deflate. Context takeover, which is Node's
/// default, costs memory for as long as a connection lasts: our window up to 270 KB from the first
/// message on that we send, and the client's up to 43 KB from the first on that it sends
/// compressed. And every recipient of a broadcast has a window of its own, for which it is
/// compressed anew; under server_no_context_takeover once for all that agreed on the same terms.
/// What exceeds limits::max_compression_bytes_per_turn is sent uncompressed.
struct DeflateOptions {
    /// Off by default, as in Node.
    bool enabled = false;
    /// Smaller messages are sent uncompressed, but only under server_no_context_takeover (as ws).
    std::size_t threshold = limits::deflate_threshold_bytes;
    bool server_no_context_takeover = false;  ///< forget our window after each message
    bool client_no_context_takeover = false;  ///< ask the client to do so
    int server_max_window_bits = 15;          ///< 8 to 15; ours
    /// 8 to 15; asked of the client if it offers the parameter. 0: not asked.
    int client_max_window_bits = 0;
    int level = -1;  ///< zlib level, -1 for its default
};

/// The agreed terms of one connection.
struct NegotiatedDeflate {
    /// As in RFC 7692 section 7.1; windows as the base-2 logarithm of their bytes.
    bool server_no_context_takeover = false;
    bool client_no_context_takeover = false;
    int server_max_window_bits = 15;
    int client_max_window_bits = 15;
    std::string answer;  ///< value of the Sec-WebSocket-Extensions header of the 101
};

/// The values of an upgrade request; an absent header is a null view (`data() == nullptr`),
/// repeated ones joined with ", " as Node does.
struct UpgradeHeaders {
    /// As received.
    std::string_view method;
    std::string_view upgrade;
    std::string_view key;
    std::string_view version;
    std::string_view protocol;
    std::string_view extensions;
};

/// Those of a request, of which they are views.
UpgradeHeaders upgrade_headers(Request const& request);

/// What to answer: 101 with the terms agreed on, or a refusal.
struct UpgradeResult {
    int status = 101;        ///< 400 or 405 on refusal
    std::string_view error;  ///< body of the refusal
    /// The refusal carries "Sec-WebSocket-Version: 13, 8".
    bool add_version_header = false;

    std::string accept;                  ///< value of Sec-WebSocket-Accept
    std::vector<std::string> protocols;  ///< as offered, in order; choosing one is the caller's
    /// Empty: no compression.
    std::optional<NegotiatedDeflate> deflate;

    /// May be accepted.
    explicit operator bool() const noexcept { return status == 101; }
};

/// Checks an upgrade request as RFC 6455 section 4.2.1 demands.
UpgradeResult check_upgrade(UpgradeHeaders const& headers, DeflateOptions const& deflate);

/// base64(SHA-1(key + GUID)), RFC 6455 section 4.2.2 step 5.4.
std::string accept_key(std::string_view key);

/// The list of a Sec-WebSocket-Protocol header; nothing if it is malformed or repeats a name.
std::optional<std::vector<std::string>> parse_subprotocols(std::string_view header);

/// One parameter of an extension, and an extension with its parameters.
struct ExtensionParam {
    /// As offered.
    std::string name;
    std::optional<std::string> value;  ///< absent for a bare parameter
};

/// One extension that a client offers.
struct ExtensionOffer {
    /// As offered.
    std::string name;
    std::vector<ExtensionParam> params;
};

/// The offers of a Sec-WebSocket-Extensions header, RFC 6455 section 9.1; nothing if malformed.
std::optional<std::vector<ExtensionOffer>> parse_extensions(std::string_view header);

/// Outcome of RFC 7692 negotiation: `invalid` if a parameter is illegal or no offer acceptable
/// (the handshake fails, as in ws); no terms if compression was not offered at all.
struct DeflateNegotiation {
    /// One of the two, or neither.
    bool invalid = false;
    std::optional<NegotiatedDeflate> terms;
};

/// Chooses the first offer that `options` allow.
DeflateNegotiation negotiate_deflate(std::vector<ExtensionOffer> const& offers,
                                     DeflateOptions const& options);

}  // namespace engineio::net
