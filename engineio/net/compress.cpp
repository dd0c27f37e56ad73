#include "engineio/net/compress.hpp"

#include "engineio/net/deflate.hpp"
#include "engineio/net/text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <tuple>

namespace engineio::net {

namespace {

/// How much the client wants one coding. A named coding beats "*", whatever their weights.
struct Preference {
    bool named = false;
    double weight = 0;  ///< 0: refused or not mentioned
    std::size_t position = 0;
};

double weight_of(std::string_view params) {
    while (params.data()) {
        std::string_view value = next_piece(params, ';');
        std::string_view const name = trim(next_piece(value, '='));
        if (iequals(name, "q")) {
            // Unreadable weights count as 0. strtod would need a terminated string.
            return std::strtod(std::string(trim(value)).c_str(), nullptr);
        }
    }
    return 1;
}

Preference preference(std::string_view accept_encoding, std::string_view coding) {
    Preference best;
    for (std::size_t position = 1; accept_encoding.data(); ++position) {
        std::string_view params = next_piece(accept_encoding, ',');
        std::string_view const name = trim(next_piece(params, ';'));
        bool const named = iequals(name, coding);
        if (!named && name != "*") {
            continue;
        }
        Preference const found{named, weight_of(params), position};
        if (best.position == 0 ||
            std::tie(found.named, found.weight) > std::tie(best.named, best.weight)) {
            best = found;
        }
    }
    return best;
}

}  // namespace

std::string_view encoding_name(ContentEncoding encoding) noexcept {
    switch (encoding) {
    case ContentEncoding::gzip:
        return "gzip";
    case ContentEncoding::deflate:
        return "deflate";
    case ContentEncoding::identity:
        break;
    }
    return {};
}

ContentEncoding negotiate_encoding(std::string_view accept_encoding) {
    Preference const gzip = preference(accept_encoding, "gzip");
    Preference const deflate = preference(accept_encoding, "deflate");
    if (!(gzip.weight > 0) && !(deflate.weight > 0)) {
        return ContentEncoding::identity;
    }
    // Higher weight, then named before "*", then the client's order; gzip if "*" means both.
    bool const deflate_wins = std::tuple(deflate.weight, deflate.named, gzip.position) >
                              std::tuple(gzip.weight, gzip.named, deflate.position);
    return deflate_wins ? ContentEncoding::deflate : ContentEncoding::gzip;
}

std::string deflate_body(ContentEncoding encoding, std::string_view body, int level) {
    if (encoding == ContentEncoding::identity) {
        return std::string(body);
    }
    return deflate_whole(body, encoding == ContentEncoding::gzip, level);
}

}  // namespace engineio::net
