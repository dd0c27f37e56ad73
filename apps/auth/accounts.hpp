#pragma once

#include "apps/auth/login_table.hpp"
#include "apps/auth/tokens.hpp"
#include "apps/common/rest.hpp"
#include "apps/common/worker.hpp"
#include "apps/store/store_thread.hpp"
#include "socketio/json_codec.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace apps::auth {

/// One account as it is kept.
struct Account {
    std::string id, username, password_hash;
};

struct LoginRequest {
    std::string username, password;
    SIO_JSON(LoginRequest, username, password)
};

struct RegisterRequest {
    std::string username, password;
    std::optional<std::string> email, display_name;
    SIO_JSON(RegisterRequest, username, password, email, display_name)
};

/// Why there is to be no such account, if there is a reason. A name has 1 to 64 bytes, a password 8
/// to 511, a display name up to 128, an e-mail address up to 254 (RFC 5321 4.5.3.1.3); of
/// these, none but the password has_control_characters(). What others are sent must not be long.
std::optional<common::RestError> registration_fault(RegisterRequest const& request);

/// What each system has of its own: where accounts are kept, the cookie, how an answer looks. The
/// first three run on the store's thread.
struct AccountRules {
    std::function<std::optional<Account>(store::Database&, std::string const& username)> find;
    std::function<std::optional<Account>(store::Database&, std::string const& id)> get;
    /// False if the name is taken.
    std::function<bool(store::Database&, Account const&, RegisterRequest const&, std::int64_t time)>
        add;
    /// To a login, a refresh and a registration.
    std::function<socketio::Json(Account const&, std::string const& access_token)> answer;
    std::string logins;       ///< LoginTable's table, a constant of the program
    std::string cookie;       ///< holds the refresh token
    std::string cookie_path;  ///< "/api/auth"
};

/// Who may come in: accounts with passwords, short-lived access tokens, refresh tokens in a cookie
/// for thirty days, for https only if it came so. Owned by wiring; its handlers run on all shards.
class Accounts {
public:
    /// Told of every new account, before its owner is answered.
    using OnNew = std::function<void(Account const&, RegisterRequest const&)>;

    Accounts(store::StoreThread& store, common::Worker& worker, Tokens tokens, AccountRules rules,
             common::Clock clock);
    void on_new(OnNew hook) { on_new_ = std::move(hook); }

    /// The user of a good access token.
    std::optional<std::string> user(std::string_view token) const { return tokens_.user(token); }
    /// The user of the request's bearer token. Throws RestError 401.
    std::string require(common::RestCall const& call) const;

    socketio::Task<common::Reply> login(common::RestCall& call, LoginRequest request);
    socketio::Task<common::Reply> enroll(common::RestCall& call, RegisterRequest request);
    socketio::Task<common::Reply> refresh(common::RestCall& call);
    socketio::Task<common::Reply> logout(common::RestCall& call);

private:
    socketio::Task<common::Reply> welcome(common::RestCall& call, Account account, int status);
    common::SetCookie refresh_cookie(common::RestCall const& call, std::string id) const;

    store::StoreThread& store_;
    common::Worker& worker_;
    Tokens const tokens_;
    AccountRules const rules_;
    LoginTable const logins_;
    common::Clock clock_;
    OnNew on_new_;
};

}  // namespace apps::auth
