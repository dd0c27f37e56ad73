#include "engineio/net/ws_handshake.hpp"

#include "engineio/net/http.hpp"
#include "engineio/net/result.hpp"
#include "engineio/net/text.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace engineio::net {

namespace {

constexpr std::string_view handshake_guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::string_view deflate_name = "permessage-deflate";

bool is_alnum(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) noexcept {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return is_alnum(c) || marks.find(c) != marks.npos;
    });
}

/// Base64 of exactly 16 bytes: 22 characters and two of padding.
bool is_key(std::string_view key) noexcept {
    return key.size() == 24 && key.substr(22) == "==" &&
           std::all_of(key.begin(), key.begin() + 22,
                       [](char c) { return is_alnum(c) || c == '+' || c == '/'; });
}

/// A parameter's value; a quoted one must be a token once unquoted (RFC 6455 section 9.1).
std::optional<std::string> param_value(std::string_view text) {
    if (text.size() < 2 || text.front() != '"') {
        return is_token(text) ? std::optional<std::string>(text) : std::nullopt;
    }
    if (text.back() != '"') {
        return std::nullopt;
    }
    std::string value;
    bool escaping = false;
    for (char c : text.substr(1, text.size() - 2)) {
        if (c == '\\' && !escaping) {
            escaping = true;
            continue;
        }
        value += c;
        escaping = false;
    }
    return !escaping && is_token(value) ? std::optional(std::move(value)) : std::nullopt;
}

/// 8 to 15, written without sign or spaces; 0 otherwise.
int window_bits(std::string_view text) noexcept {
    int bits = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
    bool const number = error == std::errc{} && end == text.data() + text.size();
    return number && bits >= 8 && bits <= 15 ? bits : 0;
}

/// RFC 7692 section 7.1: each parameter once, each with the kind of value it has.
bool are_legal(std::vector<ExtensionParam> const& params) {
    for (auto param = params.begin(); param != params.end(); ++param) {
        bool const repeated = std::any_of(params.begin(), param, [&](ExtensionParam const& other) {
            return other.name == param->name;
        });
        bool const bits = param->value && window_bits(*param->value) != 0;
        bool legal = false;
        if (param->name == "client_max_window_bits") {
            legal = !param->value || bits;
        } else if (param->name == "server_max_window_bits") {
            legal = bits;
        } else if (param->name == "server_no_context_takeover" ||
                   param->name == "client_no_context_takeover") {
            legal = !param->value;
        }
        if (!legal || repeated) {
            return false;
        }
    }
    return true;
}

/// Value of the header that answers an offer: what was agreed, the offered parameters first and in
/// the offer's order, as ws writes it. The window sizes only where they were agreed upon.
std::string answer_text(std::vector<ExtensionParam> const& params, NegotiatedDeflate const& terms,
                        bool server_bits, bool client_bits) {
    struct Part {
        std::string_view name;
        bool agreed;
        int bits;  ///< 0: no value
    };
    std::array<Part, 4> parts{{
        {"server_no_context_takeover", terms.server_no_context_takeover, 0},
        {"client_no_context_takeover", terms.client_no_context_takeover, 0},
        {"server_max_window_bits", server_bits, terms.server_max_window_bits},
        {"client_max_window_bits", client_bits, terms.client_max_window_bits},
    }};
    auto const rank = [&](Part const& part) {
        return std::find_if(params.begin(), params.end(),
                            [&](ExtensionParam const& p) { return p.name == part.name; });
    };
    std::stable_sort(parts.begin(), parts.end(),
                     [&](Part const& a, Part const& b) { return rank(a) < rank(b); });
    std::string text(deflate_name);
    for (Part const& part : parts) {
        if (part.agreed) {
            text.append("; ").append(part.name);
            text += part.bits != 0 ? "=" + std::to_string(part.bits) : "";
        }
    }
    return text;
}

/// The terms under which we take one legal offer, or nothing.
std::optional<NegotiatedDeflate> accept_offer(std::vector<ExtensionParam> const& params,
                                              DeflateOptions const& options) {
    auto const find = [&](std::string_view name) {
        return std::find_if(params.begin(), params.end(),
                            [&](ExtensionParam const& param) { return param.name == name; });
    };
    auto const offered = [&](std::string_view name) { return find(name) != params.end(); };
    NegotiatedDeflate terms;
    terms.server_no_context_takeover =
        options.server_no_context_takeover || offered("server_no_context_takeover");
    terms.client_no_context_takeover =
        options.client_no_context_takeover || offered("client_no_context_takeover");

    // An own wish for our window that is larger than the client can read refuses the offer.
    bool const own_bits = options.server_max_window_bits != 15;
    if (auto const param = find("server_max_window_bits"); param != params.end()) {
        terms.server_max_window_bits = window_bits(*param->value);
        if (own_bits && options.server_max_window_bits > terms.server_max_window_bits) {
            return std::nullopt;
        }
    }
    if (own_bits) {
        terms.server_max_window_bits = options.server_max_window_bits;
    }
    // The client's window may be limited only if it says that it understands (section 7.1.2.2).
    auto const client_bits = find("client_max_window_bits");
    bool answer_client_bits = client_bits != params.end() && client_bits->value;
    if (answer_client_bits) {
        terms.client_max_window_bits = window_bits(*client_bits->value);
    }
    if (options.client_max_window_bits != 0) {
        if (client_bits == params.end() ||
            options.client_max_window_bits > terms.client_max_window_bits) {
            return std::nullopt;
        }
        terms.client_max_window_bits = options.client_max_window_bits;
        answer_client_bits = true;
    }

    terms.answer = answer_text(params, terms, own_bits || offered("server_max_window_bits"),
                               answer_client_bits);
    return terms;
}

UpgradeResult refuse(int status, std::string_view error) {
    UpgradeResult result;
    result.status = status;
    result.error = error;
    return result;
}

}  // namespace

std::string accept_key(std::string_view key) {
    std::string const input = std::string(key).append(handshake_guid);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned int size = 0;
    int const done =
        EVP_Digest(input.data(), input.size(), digest.data(), &size, EVP_sha1(), nullptr);
    SIO_ASSERT(done == 1);
    return base64_encode({reinterpret_cast<char const*>(digest.data()), size});
}

std::optional<std::vector<std::string>> parse_subprotocols(std::string_view header) {
    std::vector<std::string> names;
    do {
        std::string_view const name = trim(next_piece(header, ','));
        if (!is_token(name)) {
            return std::nullopt;
        }
        names.emplace_back(name);
    } while (header.data());
    // Sorted, because 16 KiB of header hold thousands of names, and who sends them could choose
    // such as collide in a hash.
    std::vector<std::string_view> sorted(names.begin(), names.end());
    std::sort(sorted.begin(), sorted.end());
    bool const repeated = std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
    return repeated ? std::nullopt : std::optional(std::move(names));
}

std::optional<std::vector<ExtensionOffer>> parse_extensions(std::string_view header) {
    std::vector<ExtensionOffer> offers;
    // Quoted values are tokens, so no separator can hide inside quotes.
    do {
        std::string_view params = next_piece(header, ',');
        std::string_view const name = trim(next_piece(params, ';'));
        if (!is_token(name)) {
            return std::nullopt;
        }
        ExtensionOffer& offer = offers.emplace_back(ExtensionOffer{std::string(name), {}});
        while (params.data()) {
            std::string_view value = next_piece(params, ';');
            std::string_view const param = trim(next_piece(value, '='));
            std::optional<std::string> parsed;
            if (value.data()) {
                parsed = param_value(trim(value));
            }
            if (!is_token(param) || (value.data() && !parsed)) {
                return std::nullopt;
            }
            offer.params.push_back({std::string(param), std::move(parsed)});
        }
    } while (header.data());
    return offers;
}

DeflateNegotiation negotiate_deflate(std::vector<ExtensionOffer> const& offers,
                                     DeflateOptions const& options) {
    DeflateNegotiation outcome;
    bool offered = false;
    for (ExtensionOffer const& offer : offers) {
        if (offer.name != deflate_name) {
            continue;
        }
        offered = true;
        if (!are_legal(offer.params)) {
            return {true, std::nullopt};
        }
        if (!outcome.terms) {
            outcome.terms = accept_offer(offer.params, options);
        }
    }
    // ws refuses the whole handshake if none of several offers will do.
    outcome.invalid = offered && !outcome.terms;
    return outcome;
}

UpgradeHeaders upgrade_headers(Request const& request) {
    // An absent header must stay distinguishable from an empty one.
    auto const value = [&](std::string_view name) {
        auto const* found = find_header(request.headers, name);
        return found ? std::string_view(*found) : std::string_view();
    };
    return {request.method,
            value("upgrade"),
            value("sec-websocket-key"),
            value("sec-websocket-version"),
            value("sec-websocket-protocol"),
            value("sec-websocket-extensions")};
}

UpgradeResult check_upgrade(UpgradeHeaders const& headers, DeflateOptions const& deflate) {
    if (headers.method != "GET") {
        return refuse(405, "Invalid HTTP method");
    }
    if (!iequals(headers.upgrade, "websocket")) {
        return refuse(400, "Invalid Upgrade header");
    }
    if (!is_key(headers.key)) {
        return refuse(400, "Missing or invalid Sec-WebSocket-Key header");
    }
    if (headers.version != "13" && headers.version != "8") {
        UpgradeResult result = refuse(400, "Missing or invalid Sec-WebSocket-Version header");
        result.add_version_header = true;
        return result;
    }
    UpgradeResult result;
    if (headers.protocol.data()) {
        auto names = parse_subprotocols(headers.protocol);
        if (!names) {
            return refuse(400, "Invalid Sec-WebSocket-Protocol header");
        }
        result.protocols = std::move(*names);
    }
    if (deflate.enabled && headers.extensions.data()) {
        auto const offers = parse_extensions(headers.extensions);
        DeflateNegotiation outcome;
        if (offers) {
            outcome = negotiate_deflate(*offers, deflate);
        }
        if (!offers || outcome.invalid) {
            return refuse(400, "Invalid or unacceptable Sec-WebSocket-Extensions header");
        }
        result.deflate = std::move(outcome.terms);
    }
    result.accept = accept_key(headers.key);
    return result;
}

}  // namespace engineio::net
