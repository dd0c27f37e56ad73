#pragma once

#include "apps/common/clock.hpp"
#include "socketio/json.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace apps::auth {

/// Access tokens that need no look-up: JSON Web Tokens (RFC 7519) signed with HMAC-SHA256, valid
/// for a time. Several secrets allow rotation: the first signs, all verify. A value; any thread.
class Tokens {
public:
    struct Means {
        std::vector<std::string> secrets;  ///< at least one
        /// The system they are for: where two have the same secret, the tokens of one say nothing
        /// to the other.
        std::string audience;
        std::chrono::seconds lifetime;
        common::Clock clock = common::wall_clock_ms;
    };
    explicit Tokens(Means means);

    /// A token for a user. `claims` is an object of further members or null.
    std::string issue(std::string_view user, socketio::Json claims = {}) const;

    /// The claims, "sub" (the user) among them, if it was signed with one of the secrets for this
    /// audience and has not expired. No other algorithm is accepted, whatever the header says.
    std::optional<socketio::Json> verify(std::string_view token) const;
    /// The user of a good token.
    std::optional<std::string> user(std::string_view token) const;

    std::chrono::seconds lifetime() const { return means_.lifetime; }

private:
    Means means_;
};

}  // namespace apps::auth
