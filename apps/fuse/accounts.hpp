#pragma once

#include "apps/auth/login_table.hpp"
#include "apps/auth/tokens.hpp"
#include "apps/common/rest.hpp"
#include "apps/common/worker.hpp"
#include "apps/fuse/fuse_store.hpp"
#include "apps/fuse/messages.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace apps::fuse {

/// Who may come in: accounts with passwords, access tokens for an hour, refresh tokens in a cookie
/// for thirty days. Owned by wiring; its handlers run on all shards.
class Accounts {
public:
    /// Told of every new account, before its owner is answered.
    using OnNew = std::function<void(std::string const& id, std::string const& name)>;

    Accounts(store::StoreThread& store, common::Worker& worker, auth::Tokens tokens,
             common::Clock clock, bool secure_cookies);
    void on_new(OnNew hook) { on_new_ = std::move(hook); }

    /// The user of a good access token.
    std::optional<std::string> user(std::string_view token) const { return tokens_.user(token); }
    /// The user of the request's bearer token. Throws RestError 401.
    std::string require(common::RestCall const& call) const;

    socketio::Task<common::Reply> login(LoginRequest request);
    socketio::Task<common::Reply> enroll(RegisterRequest request);
    socketio::Task<common::Reply> refresh(common::RestCall& call);
    socketio::Task<common::Reply> logout(common::RestCall& call);

    /// ana, ben and gm with the password of the demo, once. Before the store starts.
    static void add_demo_people(store::Database& db, std::int64_t time);

private:
    socketio::Task<common::Reply> welcome(Account account, int status);

    store::StoreThread& store_;
    common::Worker& worker_;
    auth::Tokens const tokens_;
    auth::LoginTable const logins_{"fuse_logins"};
    common::Clock clock_;
    bool secure_cookies_;
    OnNew on_new_;
};

}  // namespace apps::fuse
