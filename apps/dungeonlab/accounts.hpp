#pragma once

#include "apps/auth/express_cookie.hpp"
#include "apps/auth/login_table.hpp"
#include "apps/common/clock.hpp"
#include "apps/common/rest.hpp"
#include "apps/common/worker.hpp"
#include "apps/dungeonlab/dungeonlab.hpp"
#include "apps/dungeonlab/users.hpp"
#include "apps/store/store_thread.hpp"
#include "socketio/socketio.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace apps::dungeonlab {

struct LoginRequest {  // what is missing is as wrong as what is wrong: 401
    std::optional<std::string> email;
    std::optional<std::string> password;
    SIO_JSON(LoginRequest, email, password)
};

struct RegisterRequest {
    std::string username;
    std::string email;
    std::string password;
    SIO_JSON(RegisterRequest, username, email, password)
};

/// Who somebody is: login by e-mail and password, then by the cookie connect.sid, for REST and for
/// sockets alike, and for https only if the login came so. Outlives the server; used on every
/// shard.
class Accounts {
public:
    static constexpr std::chrono::hours login_lifetime{14 * 24};

    struct Means {
        store::StoreThread& store;
        common::Worker& worker;
        std::vector<std::string> secrets;
        common::Clock clock = common::wall_clock_ms;
    };
    explicit Accounts(Means means);

    /// Told of each login that its owner has ended, by a logout or by too many later ones, as
    /// login_of() calls it; on the database's thread, after whoever has asked for the login before.
    using OnLogout = std::function<void(std::string const& login)>;
    void on_logout(OnLogout hook) { on_logout_ = std::move(hook); }

    socketio::Task<common::Reply> login(common::RestCall& call, LoginRequest request);
    socketio::Task<common::Reply> register_(RegisterRequest request);
    socketio::Task<common::Reply> logout(common::RestCall& call);
    socketio::Task<common::Reply> me(common::RestCall& call);
    socketio::Task<common::Reply> change_me(common::RestCall& call, socketio::Json changes);

    /// What the login of a Cookie header may be called where its secret has no place; nothing if
    /// the header has none of ours. Whether it is still good is not looked at.
    std::optional<std::string> login_of(std::string_view cookies) const;
    /// The account of a Cookie header, if it carries a good login.
    socketio::Task<std::optional<User>> of_cookies(std::string cookies);
    /// The same for a request; throws RestError 401.
    socketio::Task<User> require(common::RestCall& call);

private:
    void tell_ended(std::vector<std::string> const& logins) const;
    std::optional<std::string> login_id(std::string_view cookies) const;
    static common::SetCookie cookie(common::RestCall const& call, std::string value,
                                    std::chrono::seconds max_age);

    Means means_;
    auth::ExpressCookie signer_;
    auth::LoginTable logins_;
    OnLogout on_logout_;
};

}  // namespace apps::dungeonlab
