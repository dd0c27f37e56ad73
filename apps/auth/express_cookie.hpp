#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace apps::auth {

/// The session cookie of Node's express-session: "s:" + id + "." + base64(HMAC-SHA256(id)) without
/// padding. Several secrets allow rotation: the first signs, all verify. A value; any thread.
class ExpressCookie {
public:
    static constexpr std::string_view name = "connect.sid";

    /// At least one secret.
    explicit ExpressCookie(std::vector<std::string> secrets);

    std::string sign(std::string_view id) const;
    /// The session id of a (percent-decoded) cookie value if one of the secrets has signed it.
    std::optional<std::string> unsign(std::string_view value) const;

private:
    std::vector<std::string> secrets_;
};

}  // namespace apps::auth
